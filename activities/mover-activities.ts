import type { BackupMoverActivities } from '../workflows/backup/contract.ts';
import type { CareMoverActivities } from '../workflows/care/contract.ts';
import type { DrillMoverActivities } from '../workflows/drill/contract.ts';
import type { RestoreMoverActivities } from '../workflows/restore/contract.ts';
import { runMaintenance } from './care/run-maintenance.ts';
import { runVerification } from './care/run-verification.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { runDrillCheck } from './drill/run-check.ts';
import { withFailureMapping } from './failure-mapping.ts';
import { checkRestore } from './mover/check-restore.ts';
import { runBackupMover } from './mover/run-backup-mover.ts';
import { provisionEmptyVolume, runRestoreMover } from './mover/run-restore-mover.ts';

export type MoverActivities = BackupMoverActivities &
  RestoreMoverActivities &
  CareMoverActivities &
  DrillMoverActivities;

/** The long calls that follow a mover. Only ApplicationFailure, or a cancellation, leaves them. */
export function createMoverActivities(dependencies: ActivityDependencies): MoverActivities {
  const activities: MoverActivities = {
    runBackupMover: (input) => runBackupMover(dependencies, input),
    runRestoreMover: (input) => runRestoreMover(dependencies, input),
    provisionEmptyVolume: (input) => provisionEmptyVolume(dependencies, input),
    checkRestore: (input) => checkRestore(dependencies, input),
    runMaintenance: (input) => runMaintenance(dependencies, input),
    runVerification: (input) => runVerification(dependencies, input),
    runDrillCheck: (input) => runDrillCheck(dependencies, input),
  };
  return withFailureMapping(activities);
}
