import { Control } from '../api/declared-object.ts';
import { identityOfSource, resolveDestination } from '../api/destination-identity.ts';
import { formatIdentity } from '../api/identity.ts';
import { Annotation } from '../api/metadata.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import type { RepositoryAccess, SnapshotSpan, SourceInspection } from '../workflows/repository/inspect-contract.ts';
import { accessProblem, claimProblem, secretProblem } from './adoption-problems.ts';
import { labelOf, type SecretKeys } from './declared-objects.ts';
import type { DeclaredWorld, DestinationEntry, SourceEntry } from './declared-world.ts';

export type AdoptionState =
  /** VolSync's operator works in this cluster: nothing is taken over from under it. */
  | 'VolSyncActs'
  | 'Ready'
  | 'Adopted'
  /** Stowage acts on it anyway: VolSync never had to do with it. */
  | 'Managed'
  | 'Invalid'
  | 'Conflict'
  /** The repository holds nothing under this identity. */
  | 'NoSnapshots';

/** What `stowage adopt` says of one source. */
export interface AdoptionRow {
  readonly namespace: string;
  readonly name: string;
  readonly state: AdoptionState;
  /** Why, where the state alone does not say it. */
  readonly message?: string;
  readonly claim?: string;
  readonly identity?: string;
  readonly snapshots?: SnapshotSpan;
  /** What declared retention would remove beyond what is in effect now. */
  readonly removed?: SnapshotSpan;
  /** Paths of declared fields without effect. */
  readonly unsupported: readonly string[];
  /** What keeps a first backup from succeeding, or may. */
  readonly problems: readonly string[];
}

export interface AdoptionFacts {
  readonly world: DeclaredWorld;
  readonly volsyncActs: boolean;
  /** By identity. */
  readonly inspected: ReadonlyMap<string, SourceInspection>;
  readonly access?: RepositoryAccess;
  /** By `namespace/name` of the Secret. */
  readonly secrets: ReadonlyMap<string, SecretKeys>;
  /** `namespace/name` of every claim; absent where they may not be listed. */
  readonly claims?: ReadonlySet<string>;
  /** Sources that a person named: also one without snapshots is adopted then. */
  readonly named: (entry: SourceEntry) => boolean;
}

export interface AdoptionPlan {
  readonly rows: readonly AdoptionRow[];
  readonly sources: readonly SourceEntry[];
  readonly destinations: readonly DestinationEntry[];
}

/** What would be adopted, and what stands in its way (pure). */
export function planAdoption(facts: AdoptionFacts): AdoptionPlan {
  const judged = facts.world.sources.map((entry) => ({ entry, row: judge(entry, facts) }));
  const sources = judged
    .filter(({ entry, row }) => row.state === 'Ready' || (row.state === 'NoSnapshots' && facts.named(entry)))
    .map(({ entry }) => entry);
  return { rows: judged.map(({ row }) => row), sources, destinations: destinationsOf(facts.world) };
}

function judge(entry: SourceEntry, facts: AdoptionFacts): AdoptionRow {
  const { namespace, name } = entry.manifest.metadata;
  const { declared } = entry;
  if (!declared) {
    return { namespace, name, state: 'Invalid', message: entry.invalid ?? '', unsupported: [], problems: [] };
  }
  const identity = formatIdentity(identityOfSource(declared));
  const found = facts.inspected.get(identity);
  return {
    namespace,
    name,
    ...stateOf(entry, found, facts),
    claim: declared.request.claim,
    identity,
    ...(found && { snapshots: spanOf(found), removed: spanOf(found.removed) }),
    unsupported: declared.unsupported.map(({ field }) => field),
    problems: problemsOf(declared, facts),
  };
}

function stateOf(
  entry: SourceEntry,
  found: SourceInspection | undefined,
  { volsyncActs }: AdoptionFacts,
): Pick<AdoptionRow, 'state' | 'message'> {
  const control = entry.manifest.metadata.annotations?.[Annotation.control];
  if (control === Control.adopted) return { state: 'Adopted' };
  if (entry.control === 'Managed') return { state: 'Managed' };
  if (entry.conflict) return { state: 'Conflict', message: entry.conflict };
  if (volsyncActs) return { state: 'VolSyncActs' };
  if (found?.count === 0) {
    const similar = found.similar.length > 0 ? `; identities that look like it: ${found.similar.join(', ')}` : '';
    return { state: 'NoSnapshots', message: `no snapshots under this identity${similar}` };
  }
  return { state: 'Ready', ...(control === Control.released && { message: 'was released before' }) };
}

function problemsOf({ namespace, request }: DeclaredSource, facts: AdoptionFacts): string[] {
  const secret = `${namespace}/${request.secretName}`;
  return [
    secretProblem(secret, facts.secrets.get(secret)),
    claimProblem(`${namespace}/${request.claim}`, facts.claims),
    accessProblem(facts.access, request.moverSecurityContext?.runAsUser),
  ].filter((problem) => problem !== undefined);
}

const spanOf = ({ count, oldest, newest }: SnapshotSpan): SnapshotSpan => ({
  count,
  ...(oldest && { oldest }),
  ...(newest && { newest }),
});

/** Destinations that wait for adoption. One that can't be read is adopted too: its condition then says what is wrong. */
const destinationsOf = ({ destinations }: DeclaredWorld): DestinationEntry[] =>
  destinations.filter(({ control }) => control !== 'Managed');

/** Those of the named objects: sources by name, and with each the destinations that restore its claim or its identity (pure). */
export function selectNamed(world: DeclaredWorld, names: readonly string[]): DeclaredWorld {
  if (names.length === 0) return world;
  const wanted = new Set(names);
  const isNamed = ({ manifest }: SourceEntry | DestinationEntry): boolean =>
    wanted.has(manifest.metadata.name) || wanted.has(labelOf(manifest));
  const sources = world.sources.filter(isNamed);
  const chosen = sources.flatMap(({ declared }) => declared ?? []);
  const all = world.sources.flatMap(({ declared }) => declared ?? []);
  const destinations = world.destinations.filter(
    (entry) => isNamed(entry) || (entry.declared !== undefined && belongs(entry, chosen, all)),
  );
  return { sources, destinations };
}

function belongs(
  { declared }: DestinationEntry,
  chosen: readonly DeclaredSource[],
  all: readonly DeclaredSource[],
): boolean {
  if (!declared) return false;
  const { identity } = resolveDestination(declared, declared.claim, all);
  return chosen.some(
    (source) =>
      source.namespace === declared.namespace &&
      (source.request.claim === declared.claim ||
        formatIdentity(identityOfSource(source)) === formatIdentity(identity)),
  );
}
