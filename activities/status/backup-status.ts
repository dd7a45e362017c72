import type { DeclaredStatus, RunStatus } from '../../api/declared-object.ts';
import { goDuration } from '../../api/go-duration.ts';
import { limitLogs, restingStatus, wholeSeconds } from '../../api/run-status.ts';
import type { BackupRecord } from '../../workflows/backup/contract.ts';

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
    lastSyncDuration: goDuration(record.durationSeconds),
    ...(manual === undefined ? {} : { lastManualSync: manual }),
    latestMoverStatus: { result: 'Successful', logs: limitLogs(said) },
  };
}
