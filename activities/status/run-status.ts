import type { DeclaredStatus, RunStatus } from '../../api/declared-object.ts';
import type { BackupRecord } from '../../workflows/backup/contract.ts';
import { goDuration } from './go-duration.ts';

/** Longest `latestMoverStatus.logs`, characters: VolSync's own limit. */
const MAX_LOGS = 1024;

/** Pure: RFC 3339 in whole seconds, as metav1.Time writes it. */
export const wholeSeconds = (time: string | number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** Pure: text that fits into `latestMoverStatus.logs`. */
export const limitLogs = (text: string): string => (text.length <= MAX_LOGS ? text : `${text.slice(0, MAX_LOGS - 1)}…`);

/**
 * Pure: every field that a run owns, as it stands. Server-side apply takes away what is left out, so each write of a run
 * begins with these.
 */
export function carriedOver(status: DeclaredStatus | undefined): RunStatus {
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
export const startedStatus = (status: DeclaredStatus | undefined, now: number): RunStatus => ({
  ...carriedOver(status),
  lastSyncStartTime: wholeSeconds(now),
});

/** Pure: the status without a run under way, and nothing else changed. */
export function restingStatus(status: DeclaredStatus | undefined): RunStatus {
  const { lastSyncStartTime: _, ...rest } = carriedOver(status);
  return rest;
}

/**
 * Pure: the status after a backup. Only a success counts as a sync and answers a manual trigger: a failure that did so
 * would hide that there is no backup (VolSync does; compatibility.md section 8).
 */
export function backupStatus(
  status: DeclaredStatus | undefined,
  record: BackupRecord,
  manual: string | undefined,
  said: string,
): RunStatus {
  const rest = restingStatus(status);
  if (record.outcome === 'Canceled') return rest;
  if (record.outcome === 'Failed') return { ...rest, latestMoverStatus: { result: 'Failed', logs: limitLogs(said) } };
  return {
    ...rest,
    lastSyncTime: wholeSeconds(record.finishedAt),
    lastSyncDuration: goDuration(record.durationSeconds * 1000),
    ...(manual === undefined ? {} : { lastManualSync: manual }),
    latestMoverStatus: { result: 'Successful', logs: limitLogs(said) },
  };
}
