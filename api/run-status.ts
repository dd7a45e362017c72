import type { DeclaredStatus, RunStatus } from './declared-object.ts';

/** VolSync's limit of `latestMoverStatus.logs`, characters. */
const MAX_LOGS = 1024;

/** Pure: RFC 3339 in whole seconds, as metav1.Time writes it. */
export const wholeSeconds = (time: string | number | Date): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** Pure: text that fits into `latestMoverStatus.logs`. */
export const limitLogs = (text: string): string => (text.length <= MAX_LOGS ? text : `${text.slice(0, MAX_LOGS - 1)}…`);

/**
 * Pure: every field that a run owns, as it stands. Server-side apply takes away what is left out, so each write of a run
 * begins with these.
 */
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

/** Pure: the status while a run is under way. */
export const startedStatus = (status: DeclaredStatus | undefined, startedAt: string | number): RunStatus => ({
  ...runStatusOf(status),
  lastSyncStartTime: wholeSeconds(startedAt),
});

/** Pure: the status without a run under way, and nothing else changed. */
export function restingStatus(status: DeclaredStatus | undefined): RunStatus {
  const { lastSyncStartTime: _, ...rest } = runStatusOf(status);
  return rest;
}
