import type { DrillRecord } from '../api/drill-record.ts';
import type { DeclaredRepository } from '../api/kopia-repository.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { drillCron } from '../schedules/drills.ts';
import { longestIntervalSeconds } from '../schedules/interval.ts';
import type { DeclaredWorld, SourceEntry } from './declared-world.ts';

export interface DrillReader {
  /** The drills of each source, newest first; sources without any are left out. Throws CommandError. */
  drills(stowageNamespace: string): Promise<DrillRecord[][]>;
  /** What is declared of repositories. Throws CommandError. */
  repositories(stowageNamespace: string): Promise<DeclaredRepository[]>;
}

/** How an application stands. Stable words: scripts compare them. */
export type DrillVerdict =
  | 'Passed'
  | 'Failed'
  /** The last drill is older than two intervals. */
  | 'Overdue'
  /** None yet although one was due. */
  | 'NeverDrilled'
  /** None yet, and none was due. */
  | 'Scheduled'
  | 'Paused';

export interface DrillRow {
  readonly namespace: string;
  readonly claim: string;
  readonly source: string;
  readonly verdict: DrillVerdict;
  readonly message: string;
  readonly last?: DrillRecord;
  /** Newest first. */
  readonly history: readonly DrillRecord[];
}

/** How many intervals may pass: one missed tick is a restart. */
const OVERDUE_INTERVALS = 2;

/** Nothing for a person to do. */
export const isInOrder = ({ verdict }: Pick<DrillRow, 'verdict'>): boolean =>
  verdict !== 'Failed' && verdict !== 'Overdue' && verdict !== 'NeverDrilled';

/** Every declared source that Stowage backs up, and every other one that was ever drilled (pure). */
export function classifyDrills(
  { sources }: DeclaredWorld,
  histories: readonly (readonly DrillRecord[])[],
  repositories: readonly DeclaredRepository[],
  now: Date,
): DrillRow[] {
  const known = new Map(
    histories.flatMap((history) => (history[0] ? [[keyOf(history[0].namespace, history[0].source), history]] : [])),
  );
  const declared = sources
    .filter(({ control, conflict }) => control === 'Managed' && !conflict)
    .flatMap((entry) => rowOf(entry, known, repositories, now) ?? []);
  const seen = new Set(declared.map(({ namespace, source }) => keyOf(namespace, source)));
  const others = [...known].filter(([key]) => !seen.has(key)).flatMap(([, history]) => undeclared(history) ?? []);
  return [...declared, ...others].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function rowOf(
  { declared, manifest }: SourceEntry,
  known: ReadonlyMap<string, readonly DrillRecord[]>,
  repositories: readonly DeclaredRepository[],
  now: Date,
): DrillRow | undefined {
  if (!declared) return undefined;
  const { namespace, name, request } = declared;
  const history = known.get(keyOf(namespace, name)) ?? [];
  const [last] = history;
  const repository = request.repository ?? DEFAULT_REPOSITORY;
  const drills = repositories.find((one) => one.repository.name === repository)?.drills;
  const limit = OVERDUE_INTERVALS * longestIntervalSeconds(drillCron(namespace, name, drills));
  const row = { namespace, claim: request.claim, source: name, history, ...(last ? { last } : {}) };
  const say = (verdict: DrillVerdict, message: string): DrillRow => ({ ...row, verdict, message });
  if (last?.outcome === 'Failed') return say('Failed', failureText(last));
  if (declared.paused) return say('Paused', 'spec.paused is true in its ReplicationSource');
  if (drills?.paused) return say('Paused', `spec.drills.paused is true in KopiaRepository ${repository}`);
  const since = Date.parse(last?.finishedAt ?? manifest.metadata.creationTimestamp ?? '');
  const late = !(now.getTime() - since <= limit * 1000);
  if (last) return late ? say('Overdue', `the last drill is older than ${days(limit)}`) : say('Passed', '');
  return late ? say('NeverDrilled', 'it was never drilled') : say('Scheduled', 'its first drill is not due yet');
}

/** Its source is gone, or somebody else's: what was found is told all the same. */
function undeclared(history: readonly DrillRecord[]): DrillRow | undefined {
  const [last] = history;
  if (!last) return undefined;
  const { namespace, claim, source } = last;
  const failed = last.outcome === 'Failed';
  const message = failed ? failureText(last) : 'no ReplicationSource declares it';
  return { namespace, claim, source, verdict: failed ? 'Failed' : 'Passed', message, last, history };
}

const failureText = ({ failure, message }: DrillRecord): string =>
  failure ? `${failure.type}: ${failure.message}` : message;

const days = (seconds: number): string => `${Math.round(seconds / 86_400)} d`;

const keyOf = (namespace: string, source: string): string => `${namespace}/${source}`;

const orderOf = ({ namespace, claim, source }: DrillRow): string => `${namespace}/${claim}/${source}`;
