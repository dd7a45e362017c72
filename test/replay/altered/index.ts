// A careless change of backupVolume: it no longer reads the snapshot back. The replay test must catch it.
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { BackupControlActivities, BackupMoverActivities } from '../../../workflows/backup/contract.ts';

const local = proxyLocalActivities<BackupControlActivities>({ startToCloseTimeout: '30s' });
const movers = proxyActivities<BackupMoverActivities>({ startToCloseTimeout: '1h', taskQueue: 'movers' });

export async function backupVolume(input: never): Promise<unknown> {
  const plan = await local.preflightBackup(input);
  return await movers.runBackupMover({ plan } as never);
}
