import type { BackupControlActivities } from '../workflows/backup/contract.ts';
import type { CareControlActivities } from '../workflows/care/contract.ts';
import type { DrillControlActivities } from '../workflows/drill/contract.ts';
import type { RepositoryRecordActivities } from '../workflows/repository/contract.ts';
import type { RestoreControlActivities } from '../workflows/restore/contract.ts';
import { createCareActivities } from './care/care-activities.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createDrillActivities } from './drill/drill-activities.ts';
import { withFailureMapping } from './failure-mapping.ts';
import { recordRestoreStart } from './status/destination-status.ts';
import { recordBackup } from './status/record-backup.ts';
import { recordRestore } from './status/record-restore.ts';
import { createRepositoryRecordActivities } from './status/repository-record.ts';
import { beginBackup } from './status/source-status.ts';
import { captureVolume } from './volume/capture.ts';
import { cleanUpBackup } from './volume/cleanup-backup.ts';
import { cleanUpRestore } from './volume/cleanup-restore.ts';
import { deliverImage } from './volume/deliver-image.ts';
import { createEmptyClaim } from './volume/empty-claim.ts';
import { handOver } from './volume/hand-over.ts';
import { preflightRestore } from './volume/preflight-restore.ts';
import { stageRestore } from './volume/stage-restore.ts';

export type ControlActivities = BackupControlActivities &
  RestoreControlActivities &
  RepositoryRecordActivities &
  CareControlActivities &
  DrillControlActivities;

/** The short calls to the cluster. Only ApplicationFailure, or a cancellation, leaves them. */
export function createControlActivities(dependencies: ActivityDependencies): ControlActivities {
  const activities: ControlActivities = {
    ...createRepositoryRecordActivities(dependencies),
    preflightBackup: (step) => beginBackup(dependencies, step),
    captureVolume: (step) => captureVolume(dependencies, step),
    recordBackup: (step) => recordBackup(dependencies, step),
    cleanUpBackup: (step) => cleanUpBackup(dependencies, step),
    recordRestoreStart: (step) => recordRestoreStart(dependencies, step),
    preflightRestore: (step) => preflightRestore(dependencies, step),
    stageRestore: (step) => stageRestore(dependencies, step),
    handOver: (input) => handOver(dependencies, input),
    deliverImage: (input) => deliverImage(dependencies, input),
    createEmptyClaim: (step) => createEmptyClaim(dependencies, step),
    recordRestore: (step) => recordRestore(dependencies, step),
    cleanUpRestore: (step) => cleanUpRestore(dependencies, step),
    ...createCareActivities(dependencies),
    ...createDrillActivities(dependencies),
  };
  return withFailureMapping(activities);
}
