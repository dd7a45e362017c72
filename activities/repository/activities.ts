import { formatIdentity, type Identity } from '../../api/identity.ts';
import type { RepositoryCareActivities } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { RepositoryActivities } from '../../workflows/repository/contract.ts';
import { withFailureMapping } from '../failure-mapping.ts';
import type { StoreAccess } from '../kopia/client-storage.ts';
import { type RunKopia, runKopia } from '../kopia/process.ts';
import { createRepositoryClient } from '../kopia/repository-client.ts';
import type { SourceState, UntaggedSnapshot } from '../kopia/warm-reader.ts';
import { PortError } from '../ports/port-error.ts';
import { createRepositoryCareActivities } from './care.ts';
import { createOnEmptyVolume } from './create.ts';
import { createInStore } from './create-in-store.ts';
import { findHold } from './find-hold.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inspectRepository } from './inspect.ts';
import { createFinder, type OpenedRepository } from './known-repository.ts';
import { newlyExpired, policyDiffers, requireApproval, type WantedPolicy } from './policy-change.ts';
import { requireProof } from './read-back.ts';
import { isOvertaken, Keeping, storedRetention, withoutMark } from './retention-hold.ts';
import { otherIdentities } from './similar-identities.ts';
import { byNewest, chooseSnapshot, countedSnapshots } from './snapshot-choice.ts';

export interface RepositoryDependencies {
  /** The name that requests use. */
  readonly repository: string;
  /** The repository's volume, as this process sees it. The repository lies at its root or in one of the known layouts. */
  readonly path: string;
  /** Where the repository is no folder: `path` is not used then. */
  readonly store?: StoreAccess;
  readonly kopiaBinary: string;
  /** From the worker's environment at its start. */
  readonly password: () => string;
  readonly cacheDirectory: string;
  readonly runKopia?: RunKopia;
  readonly now?: () => Date;
}

type AllRepositoryActivities = RepositoryActivities & RepositoryCareActivities;

/** The activities, and what the worker calls when it ends. */
export type RepositoryRole = AllRepositoryActivities & { readonly close: () => Promise<void> };

/** What stands beside one repository. Only ApplicationFailure leaves the activities. */
export function createRepositoryActivities(dependencies: RepositoryDependencies): RepositoryRole {
  const { repository, path, store } = dependencies;
  const now = dependencies.now ?? (() => new Date());
  const finder = createFinder({ path, store }, (storage) =>
    createRepositoryClient({
      storage,
      binary: dependencies.kopiaBinary,
      password: dependencies.password,
      cacheDirectory: dependencies.cacheDirectory,
      runKopia: dependencies.runKopia ?? runKopia,
    }),
  );

  const requireOurs = (name: string): void => {
    if (name === repository) return;
    throw new PortError(FailureType.InvalidInput, `this worker serves the repository '${repository}', not '${name}'`);
  };

  const requireKnown = async (name: string, expected: string): Promise<OpenedRepository> => {
    requireOurs(name);
    return await finder.known(expected);
  };

  /** What `act` read by a process that knows nothing from before, of the repository that was the known one before and after. */
  const inKnown = async <T>(
    input: { readonly repository: string; readonly expectedUniqueId: string },
    act: (known: OpenedRepository) => Promise<T>,
  ): Promise<T> => {
    const known = await requireKnown(input.repository, input.expectedUniqueId);
    const answer = await act(known);
    await requireKnown(input.repository, input.expectedUniqueId);
    return answer;
  };

  const freshSnapshots = (
    input: { readonly repository: string; readonly expectedUniqueId: string; readonly identity: Identity },
    signal: AbortSignal | undefined,
  ) =>
    inKnown(input, async ({ client }) =>
      (await client.listSnapshots(input.identity, signal)).map(({ summary }) => summary),
    );

  const setPolicy = async (
    { client }: OpenedRepository,
    input: { readonly repository: string; readonly expectedUniqueId: string; readonly identity: Identity },
    wanted: WantedPolicy,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    await client.setPolicy({ identity: input.identity, ...wanted }, signal);
    requireEffective(await client.sourceState(input.identity, signal), wanted);
    await requireKnown(input.repository, input.expectedUniqueId);
  };

  const activities: AllRepositoryActivities = {
    openRepository: (input) =>
      withHeartbeat(async (signal) => {
        const known = await requireKnown(input.repository, input.expectedUniqueId);
        const { client } = known;
        const { identity, retain, compression } = input;
        const state = await client.sourceState(identity, signal);
        const counted = countedSnapshots(state.snapshots, now());
        const held = input.approveShrink ? undefined : await findHold(client, identity, state, counted, signal);
        const keeping = held
          ? Keeping.held
          : isOvertaken(state.snapshots, counted[0])
            ? Keeping.guarded
            : Keeping.declared;
        const wanted = { retain: storedRetention(retain, keeping), compression };
        const policyChanged = policyDiffers(state.policy, wanted);
        if (policyChanged) {
          const declared = storedRetention(retain, Keeping.declared);
          const removed = newlyExpired(state.snapshots, withoutMark(state.policy), declared);
          requireApproval(removed, formatIdentity(identity), input.approveRetention);
          await setPolicy(known, input, wanted, signal);
        }
        return {
          ...(counted[0] ? { previous: withoutTags(counted[0]) } : {}),
          snapshotIds: state.snapshots.map(({ id }) => id),
          policyChanged,
          ...(held ? { held } : {}),
        };
      }),

    holdRetention: (input) =>
      withHeartbeat(async (signal) => {
        const known = await requireKnown(input.repository, input.expectedUniqueId);
        const wanted = { retain: storedRetention(input.retain, Keeping.held), compression: input.compression };
        const { policy } = await known.client.sourceState(input.identity, signal);
        if (policyDiffers(policy, wanted)) await setPolicy(known, input, wanted, signal);
      }),

    readBackSnapshot: (input) =>
      withHeartbeat(async (signal) => {
        const snapshots = await freshSnapshots(input, signal);
        const snapshot = requireProof(snapshots, { ...input, identity: formatIdentity(input.identity) });
        return { snapshot, snapshotIds: snapshots.map(({ id }) => id) };
      }),

    selectSnapshot: (input) =>
      withHeartbeat(async (signal) => {
        const snapshots = await freshSnapshots(input, signal);
        const identity = formatIdentity(input.identity);
        if (snapshots.length > 0) return chooseSnapshot(snapshots, input.choice, identity, now());
        const { client } = await requireKnown(input.repository, input.expectedUniqueId);
        return { skipped: 0, ...otherIdentities(identity, await client.identities(signal), input.neighbours) };
      }),

    listRepositorySnapshots: (input) =>
      withHeartbeat(async (signal) => {
        requireOurs(input.repository);
        const expectedUniqueId = input.expectedUniqueId ?? (await finder.only()).uniqueId;
        const snapshots = await freshSnapshots({ ...input, expectedUniqueId }, signal);
        return { identity: formatIdentity(input.identity), snapshots: byNewest(snapshots) };
      }),

    createRepository: (input) =>
      withHeartbeat(async (signal) => {
        requireOurs(input.repository);
        if (store) return createInStore(finder.root, store.place.location, signal);
        return createOnEmptyVolume(finder.root, path, input.runId, signal);
      }),

    identifyRepository: (input) =>
      withHeartbeat(async (signal) => {
        requireOurs(input.repository);
        const { client, layout } = await finder.only();
        const location = store ? { location: store.place.location } : {};
        return { uniqueId: await client.open(signal), ...(layout ? { path: layout } : {}), ...location };
      }),

    inspectContent: (input) =>
      withHeartbeat((signal) => inKnown(input, (known) => inspectRepository(known, input, now(), signal))),

    ...createRepositoryCareActivities(inKnown, now),
  };
  // Not enumerable, so that it is not registered as an activity.
  return Object.defineProperty(withFailureMapping(activities), 'close', { value: finder.close }) as RepositoryRole;
}

/** One form, whichever way it was read. */
function withoutTags(snapshot: UntaggedSnapshot): UntaggedSnapshot {
  const { tags: _, ...rest } = { tags: undefined, ...snapshot };
  return rest;
}

/** A policy that was set and is not in effect would let Kopia's own tiers remove or keep what nobody declared. */
function requireEffective(state: SourceState, wanted: WantedPolicy): void {
  if (!policyDiffers(state.policy, wanted)) return;
  throw new PortError(FailureType.MoverFailed, 'the policy was set, but another one is in effect', { retryable: true });
}
