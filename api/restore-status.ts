import type { DeclaredStatus, RunStatus } from './declared-object.ts';
import { goDuration } from './go-duration.ts';
import { limitLogs, restingStatus, wholeSeconds } from './run-status.ts';

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

/** The status after a run: a failure leaves time, trigger and image of the last success standing. Pure. */
export function endedRestore(current: DeclaredStatus | undefined, end: RestoreEnd): RunStatus {
  const kept = restingStatus(current);
  if (!end.result) return kept;
  const logs = limitLogs(logsOf(end.result));
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
