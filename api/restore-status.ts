import type { DeclaredStatus, RunStatus } from './declared-object.ts';
import { goDuration } from './go-duration.ts';

/** How a restore ended; the first word of a successful run's `latestMoverStatus.logs`. */
export const RestoreOutcome = {
  restored: 'Restored',
  startedEmpty: 'StartedEmpty',
  targetExists: 'TargetExists',
} as const;
export type RestoreOutcome = (typeof RestoreOutcome)[keyof typeof RestoreOutcome];

/** What a destination's status says of its last run. */
export type LastRestore =
  | { readonly outcome: RestoreOutcome; readonly message: string }
  | { readonly outcome: 'Failed'; readonly failureType: string; readonly message: string };

/** The end of a run, for {@link endedRestore}. */
export interface RestoreEnd {
  /** RFC 3339. */
  readonly finishedAt: string;
  readonly durationSeconds: number;
  /** The trigger that the run answered. */
  readonly manual?: string | undefined;
  /** Left out for a run that was canceled. */
  readonly result?: LastRestore | undefined;
  readonly image?: RunStatus['latestImage'];
}

/** VolSync's limit of `latestMoverStatus.logs`, characters. */
const MAX_LOGS = 1024;

/** The fields of a status that runs own; the watch's are left out. Pure. */
export function runStatusOf(status: DeclaredStatus | undefined): RunStatus {
  const { lastSyncStartTime, lastSyncTime, lastSyncDuration, lastManualSync, latestMoverStatus, latestImage } =
    status ?? {};
  return {
    ...(lastSyncStartTime === undefined ? {} : { lastSyncStartTime }),
    ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
    ...(lastSyncDuration === undefined ? {} : { lastSyncDuration }),
    ...(lastManualSync === undefined ? {} : { lastManualSync }),
    ...(latestMoverStatus === undefined ? {} : { latestMoverStatus }),
    ...(latestImage === undefined ? {} : { latestImage }),
  };
}

/** The status of a destination whose run has just begun. Pure. */
export const startedRestore = (current: RunStatus, startedAt: string): RunStatus => ({
  ...current,
  lastSyncStartTime: wholeSeconds(startedAt),
});

/** The status after a run: a failure leaves time, trigger and image of the last success standing. Pure. */
export function endedRestore(current: RunStatus, end: RestoreEnd): RunStatus {
  const { lastSyncStartTime: _, ...kept } = current;
  if (!end.result) return kept;
  const logs = shorten(logsOf(end.result));
  if (end.result.outcome === 'Failed') return { ...kept, latestMoverStatus: { result: 'Failed', logs } };
  return {
    ...kept,
    lastSyncTime: wholeSeconds(end.finishedAt),
    lastSyncDuration: goDuration(end.durationSeconds),
    ...(end.manual === undefined ? {} : { lastManualSync: end.manual }),
    latestMoverStatus: { result: 'Successful', logs },
    ...(end.image ? { latestImage: end.image } : {}),
  };
}

/** Reads what {@link endedRestore} wrote. Undefined where no run of Stowage has ended yet. Pure. */
export function restoreOutcomeOf(status: DeclaredStatus | undefined): LastRestore | undefined {
  const { result, logs = '' } = status?.latestMoverStatus ?? {};
  const [, word = '', message = ''] = /^([A-Za-z]+): (.*)$/s.exec(logs) ?? [];
  if (!word) return undefined;
  if (result === 'Failed') return { outcome: 'Failed', failureType: word, message };
  const outcome = Object.values(RestoreOutcome).find((known) => known === word);
  return result === 'Successful' && outcome ? { outcome, message } : undefined;
}

const logsOf = (result: LastRestore): string =>
  `${result.outcome === 'Failed' ? result.failureType : result.outcome}: ${result.message}`;

const shorten = (text: string): string => (text.length <= MAX_LOGS ? text : `${text.slice(0, MAX_LOGS - 1)}…`);

/** metav1.Time has no fractions. */
const wholeSeconds = (time: string): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
