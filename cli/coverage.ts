import { ConditionType, type DeclaredStatus } from '../api/declared-object.ts';
import { CREATED_BY, Label, MANAGED_BY } from '../api/metadata.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { longestIntervalSeconds } from '../schedules/interval.ts';
import { DEFAULT_SPREAD_SECONDS } from '../schedules/spread.ts';
import type { ClaimView } from './cluster.ts';
import type { DeclaredWorld, SourceEntry } from './declared-world.ts';

/** Why a claim is not protected, or that it is. Stable words: scripts compare them. */
export type Verdict =
  | 'Protected'
  /** The last good backup is older than two intervals and the spread. */
  | 'Late'
  | 'Suspicious'
  | 'Failed'
  /** Nothing is started just now: its Secret or claim lacks something. */
  | 'Held'
  | 'NeverBackedUp'
  | 'VolumeConflict'
  | 'Paused'
  /** VolSync looks after it, as far as Stowage knows. */
  | 'AwaitingAdoption'
  | 'Released'
  | 'InvalidSource'
  | 'NoSource'
  | 'BlockDevice'
  /** A cache, copy, staging or repository volume: nothing to protect. */
  | 'Own';

export interface SourceCoverage {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** RFC 3339. */
  readonly lastBackup?: string;
}

export interface CoverageRow {
  readonly namespace: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly lastBackup?: string;
  readonly sources: readonly SourceCoverage[];
}

/** How many intervals may pass without a good backup. */
const LATE_INTERVALS = 2;

/** The default schedule of a source that declares none, seconds. */
const DEFAULT_INTERVAL = 3600;

/** A claim is as good as the worst of its sources: a second repository that falls behind is no detail. Worst first. */
const BY_WEIGHT: readonly Verdict[] = [
  ...(['InvalidSource', 'NeverBackedUp', 'Suspicious', 'Failed', 'Late', 'Held', 'Paused'] as const),
  ...(['AwaitingAdoption', 'Released', 'VolumeConflict', 'Protected'] as const),
];

/** These don't count against a claim that another source protects: they are somebody else's, or one too many. */
const HARMLESS_BESIDE_ANOTHER: ReadonlySet<Verdict> = new Set(['AwaitingAdoption', 'Released', 'VolumeConflict']);

/** Every claim and whether it is protected (pure). `world` are the declared objects of all namespaces. */
export function classifyClaims(claims: readonly ClaimView[], world: DeclaredWorld, now: Date): CoverageRow[] {
  const repositories = repositoryClaims(world);
  return [...claims]
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .map((claim) => classify(claim, world, repositories, now));
}

export const isCovered = ({ verdict }: Pick<CoverageRow, 'verdict'>): boolean =>
  verdict === 'Protected' || verdict === 'Own';

function classify(
  claim: ClaimView,
  { sources }: DeclaredWorld,
  repositories: ReadonlySet<string>,
  now: Date,
): CoverageRow {
  const row = { namespace: claim.namespace, claim: claim.name };
  const own = ownKind(claim, repositories);
  if (own) return { ...row, verdict: 'Own', message: own, sources: [] };
  const mine = sources.filter(
    (entry) => entry.manifest.metadata.namespace === claim.namespace && claimOf(entry) === claim.name,
  );
  const judged = mine.map((entry) => judge(entry, claim, mine.length === 1, now));
  if (claim.block) {
    const message = 'is a block device: only volumes with a file system can be backed up';
    return { ...row, verdict: 'BlockDevice', message, sources: judged };
  }
  if (judged.length === 0) {
    const last = claim.lastBackup?.finishedAt;
    const message = `no ReplicationSource names it${last ? '; it was backed up before' : ''}`;
    return { ...row, verdict: 'NoSource', message, ...(last && { lastBackup: last }), sources: [] };
  }
  const counting = judged.filter(({ verdict }) => !HARMLESS_BESIDE_ANOTHER.has(verdict));
  const worst = [...(counting.length > 0 ? counting : judged)].sort(
    (a, b) => BY_WEIGHT.indexOf(a.verdict) - BY_WEIGHT.indexOf(b.verdict),
  )[0]!;
  return {
    ...row,
    verdict: worst.verdict,
    message: judged.length > 1 && worst.message ? `${worst.name}: ${worst.message}` : worst.message,
    ...(worst.lastBackup && { lastBackup: worst.lastBackup }),
    sources: judged,
  };
}

function judge(entry: SourceEntry, claim: ClaimView, only: boolean, now: Date): SourceCoverage {
  const { manifest, declared, control, conflict } = entry;
  const lastBackup = lastGood(manifest.status, only ? claim : undefined);
  const base = { name: manifest.metadata.name, ...(lastBackup && { lastBackup }) };
  const say = (verdict: Verdict, message: string): SourceCoverage => ({ ...base, verdict, message });
  if (!declared) return say('InvalidSource', entry.invalid ?? '');
  if (control === 'Released') return say('Released', 'handed back to VolSync by `stowage release`');
  if (control === 'AwaitingAdoption') return say('AwaitingAdoption', 'waits for `stowage adopt`');
  if (conflict) return say('VolumeConflict', conflict);
  if (declared.paused) return say('Paused', 'spec.paused is true');
  const suspicion = conditionOf(manifest.status, ConditionType.suspicious);
  if (suspicion?.status === 'True') return say('Suspicious', suspicion.message);
  const failure =
    manifest.status?.latestMoverStatus?.result === 'Failed'
      ? (manifest.status.latestMoverStatus.logs ?? '')
      : undefined;
  const held = conditionOf(manifest.status, ConditionType.protected);
  const why = failure ?? (held?.status === 'False' ? held.message : undefined);
  if (!lastBackup) return say('NeverBackedUp', why ?? 'there is no good backup yet');
  const late = lateness(entry, lastBackup, now);
  if (late) return say('Late', why ? `${late}; ${why}` : late);
  if (failure !== undefined) return say('Failed', failure || 'the last run failed');
  return why === undefined ? say('Protected', '') : say('Held', why);
}

/** Beyond two intervals and the spread: one missed tick is a restart, two are a problem. A manual trigger has no interval. */
function lateness({ declared }: SourceEntry, lastBackup: string, now: Date): string | undefined {
  if (!declared || (declared.schedule === undefined && declared.manual !== undefined)) return undefined;
  const interval = declared.schedule ? longestIntervalSeconds(declared.schedule) : DEFAULT_INTERVAL;
  const limit = LATE_INTERVALS * interval + DEFAULT_SPREAD_SECONDS;
  const age = (now.getTime() - Date.parse(lastBackup)) / 1000;
  return age > limit
    ? `the last good backup is older than two intervals of ${Math.round(interval / 60)} min`
    : undefined;
}

/** Status of the object, else the claim's own record where it can only mean this source. The newer counts. */
function lastGood(status: DeclaredStatus | undefined, claim: ClaimView | undefined): string | undefined {
  const record = claim?.lastBackup?.outcome === 'Succeeded' ? claim.lastBackup.finishedAt : undefined;
  const times = [status?.lastSyncTime, record].filter((time) => time !== undefined && !Number.isNaN(Date.parse(time)));
  return times.sort((a, b) => Date.parse(b!) - Date.parse(a!))[0];
}

const conditionOf = (status: DeclaredStatus | undefined, type: ConditionType) =>
  status?.conditions?.find((condition) => condition.type === type);

/** Also of a source that can't be read as a whole. */
function claimOf({ declared, manifest }: SourceEntry): string | undefined {
  if (declared) return declared.request.claim;
  const claim = (manifest.spec as { sourcePVC?: unknown } | undefined)?.sourcePVC;
  return typeof claim === 'string' ? claim : undefined;
}

function ownKind(claim: ClaimView, repositories: ReadonlySet<string>): string | undefined {
  if (claim.labels?.[Label.managedBy] === MANAGED_BY)
    return `Stowage's own (${claim.labels[Label.component] ?? 'volume'})`;
  if (claim.labels?.[Label.createdBy] === CREATED_BY) return "VolSync's own";
  return repositories.has(keyOf(claim)) ? 'a repository volume' : undefined;
}

/** Stowage's namespace, as `deploy/` names it: the repository's own claim is there. */
export const STOWAGE_NAMESPACE = 'stowage-system';

function repositoryClaims({ sources, destinations }: DeclaredWorld): ReadonlySet<string> {
  const named = [
    ...sources.flatMap(({ declared }) => (declared ? [[declared.namespace, declared.request.repositoryClaim]] : [])),
    ...destinations.flatMap(({ declared }) =>
      declared ? [[declared.namespace, declared.template.repositoryClaim]] : [],
    ),
  ].map(([namespace, claim = DEFAULT_REPOSITORY]) => ({ namespace: namespace ?? '', name: claim }));
  return new Set([
    ...named.map(keyOf),
    ...named.map(({ name }) => keyOf({ namespace: STOWAGE_NAMESPACE, name })),
    keyOf({ namespace: STOWAGE_NAMESPACE, name: DEFAULT_REPOSITORY }),
  ]);
}

const keyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;
