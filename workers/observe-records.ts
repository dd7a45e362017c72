import type { BackupControlActivities } from '../workflows/backup/contract.ts';
import type { DrillControlActivities } from '../workflows/drill/contract.ts';
import type { RestoreControlActivities } from '../workflows/restore/contract.ts';
import type { Metrics } from './metrics.ts';

type Recording = Pick<BackupControlActivities, 'recordBackup'> &
  Pick<RestoreControlActivities, 'recordRestore'> &
  Pick<DrillControlActivities, 'recordDrill'>;

/** Counts every run that was recorded. An attempt that fails is not counted: it comes again. */
export function observeRecords<T extends Recording>(activities: T, metrics: Metrics): T {
  return {
    ...activities,
    async recordBackup(step) {
      await activities.recordBackup(step);
      metrics.backupEnded(step.request, step.record);
    },
    async recordRestore(step) {
      await activities.recordRestore(step);
      metrics.restoreEnded(step.request, step.result);
    },
    async recordDrill(step) {
      await activities.recordDrill(step);
      metrics.drillEnded(step.record);
    },
  } satisfies T & Recording;
}
