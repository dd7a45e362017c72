import {
  type ActivityInterfaceFor,
  type LocalActivityInterfaceFor,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { ResolvedBackup } from '../../api/backup-request.ts';
import { formatIdentity } from '../../api/identity.ts';
import { backupJobName } from '../../api/names.ts';
import {
  besideRepository,
  clusterWait,
  dataTransfer,
  PriorityKey,
  quickCall,
  type Urgency,
} from '../activity-options.ts';
import type { RepositoryActivities } from '../repository/contract.ts';
import type { BackupControlActivities, BackupMoverActivities } from './contract.ts';

/** How long clean-up tries before the run says what is left over, seconds. */
const CLEAN_UP_SECONDS = 900;

type Local = LocalActivityInterfaceFor<BackupControlActivities>;
type Control = ActivityInterfaceFor<BackupControlActivities>;
type Movers = ActivityInterfaceFor<BackupMoverActivities>;
type Repository = ActivityInterfaceFor<RepositoryActivities>;

/** Every step of a backup with its options and the summary that the Temporal UI shows. */
export interface BackupSteps {
  readonly preflight: Local['preflightBackup'];
  readonly openRepository: Repository['openRepository'];
  readonly capture: Control['captureVolume'];
  readonly runMover: Movers['runBackupMover'];
  readonly readBack: Repository['readBackSnapshot'];
  readonly hold: Repository['holdRetention'];
  readonly record: Local['recordBackup'];
  readonly cleanUp: Control['cleanUpBackup'];
}

export function backupSteps(request: ResolvedBackup): BackupSteps {
  const claim = `${request.namespace}/${request.claim}`;
  const urgency: Urgency = { priorityKey: PriorityKey.backup, fairnessKey: request.namespace };
  const wait = request.startDeadlineSeconds;
  const beside = (summary: string) =>
    proxyActivities<RepositoryActivities>(besideRepository(summary, urgency, request.repository, wait));
  return {
    preflight: proxyLocalActivities<BackupControlActivities>(quickCall(`Check ${claim}`, wait)).preflightBackup,
    openRepository: beside(`Open ${request.repository}, set policy of ${formatIdentity(request.identity)}`)
      .openRepository,
    capture: proxyActivities<BackupControlActivities>(clusterWait(`${request.copyMethod} of ${claim}`, urgency, wait))
      .captureVolume,
    runMover: proxyActivities<BackupMoverActivities>(
      dataTransfer(`Mover ${request.namespace}/${backupJobName(request.source)}`, urgency),
    ).runBackupMover,
    readBack: beside(`Read the new snapshot back from ${request.repository}`).readBackSnapshot,
    hold: beside(`Hold retention of ${formatIdentity(request.identity)}: the source shrank`).holdRetention,
    record: proxyLocalActivities<BackupControlActivities>(quickCall(`Record on ${claim}`, CLEAN_UP_SECONDS))
      .recordBackup,
    cleanUp: proxyActivities<BackupControlActivities>(clusterWait(`Clean up after ${claim}`, urgency, CLEAN_UP_SECONDS))
      .cleanUpBackup,
  };
}
