import { formatIdentity } from '../../api/identity.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type {
  IdentitySummary,
  InspectContentInput,
  InspectContentResult,
  InspectedSource,
  RepositoryAccess,
  SnapshotSpan,
  SourceInspection,
} from '../../workflows/repository/inspect-contract.ts';
import { effectivePolicy, type StoredPolicies } from '../kopia/policy-hierarchy.ts';
import { readAccess } from './folder-access.ts';
import type { OpenedRepository } from './known-repository.ts';
import { newlyExpired, policyDiffers, tiersOf } from './policy-change.ts';
import { similarIdentities } from './similar-identities.ts';
import { byNewest, countedSnapshots } from './snapshot-choice.ts';

/** An answer stands in Temporal's history: names of more identities than this help nobody. */
const MAX_IDENTITIES = 1_000;

/** Ids of those that retention would remove. */
const NAMED_REMOVALS = 3;

/** An object store knows no users. */
const OPEN_TO_ALL: RepositoryAccess = { looked: 0, closedFolders: 0, closedFiles: 0, owners: [], examples: [] };

/** Everything that a repository holds, and a dry run of what is declared; two processes, whatever the number of identities. */
export async function inspectRepository(
  { client, path }: Pick<OpenedRepository, 'client' | 'path'>,
  { sources }: InspectContentInput,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<InspectContentResult> {
  const [listed, policies, access] = await Promise.all([
    client.everySnapshot(signal),
    client.policies(signal),
    path === undefined ? OPEN_TO_ALL : readAccess(path),
  ]);
  const byIdentity = new Map<string, SnapshotSummary[]>();
  for (const { identity, summary } of listed) {
    const known = byIdentity.get(identity);
    if (known) known.push(summary);
    else byIdentity.set(identity, [summary]);
  }
  const names = [...byIdentity.keys()].sort();
  return {
    identities: {
      count: names.length,
      listed: names.slice(0, MAX_IDENTITIES).map((name) => summarize(name, byIdentity.get(name)!, now)),
    },
    sources: sources.map((source) => inspectSource(source, byIdentity, policies, now)),
    access,
  };
}

function inspectSource(
  source: InspectedSource,
  byIdentity: ReadonlyMap<string, readonly SnapshotSummary[]>,
  policies: StoredPolicies,
  now: Date,
): SourceInspection {
  const name = formatIdentity(source.identity);
  const snapshots = byIdentity.get(name) ?? [];
  const policy = effectivePolicy(policies, source.identity);
  const removed = newlyExpired(snapshots, policy, source.retain);
  return {
    ...summarize(name, snapshots, now),
    removed: { ...spanOf(removed), ids: removed.slice(0, NAMED_REMOVALS).map(({ id }) => id) },
    policy: { retain: tiersOf(policy), compression: policy.compression.compressorName ?? '' },
    policyDiffers: policyDiffers(policy, source),
    similar: snapshots.length > 0 ? [] : similarIdentities(name, [...byIdentity.keys()]),
  };
}

const summarize = (identity: string, snapshots: readonly SnapshotSummary[], now: Date): IdentitySummary => ({
  identity,
  ...spanOf(snapshots),
  bytes: countedSnapshots(snapshots, now)[0]?.bytes ?? 0,
});

function spanOf(snapshots: readonly Pick<SnapshotSummary, 'startTime'>[]): SnapshotSpan {
  const ordered = byNewest(snapshots);
  const [newest, oldest] = [ordered[0]?.startTime, ordered.at(-1)?.startTime];
  return { count: ordered.length, ...(oldest ? { oldest } : {}), ...(newest ? { newest } : {}) };
}
