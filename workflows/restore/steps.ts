import {
  type ActivityInterfaceFor,
  type LocalActivityInterfaceFor,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import { formatIdentity } from '../../api/identity.ts';
import { checkJobName, restoreJobName, stagingClaimName } from '../../api/names.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import {
  besideRepository,
  clusterWait,
  dataTransfer,
  PriorityKey,
  quickCall,
  type Urgency,
} from '../activity-options.ts';
import type { RepositoryActivities } from '../repository/contract.ts';
import type { RestoreControlActivities, RestoreMoverActivities } from './contract.ts';

/** How long handover and clean-up try before the run says what is left over, seconds. */
const SETTLE_SECONDS = 900;

/** How long a driver may take to make an image usable, seconds: some copy the whole volume away first. */
const IMAGE_SECONDS = 3600;

type Local = LocalActivityInterfaceFor<RestoreControlActivities>;
type Control = ActivityInterfaceFor<RestoreControlActivities>;
type Movers = ActivityInterfaceFor<RestoreMoverActivities>;

/** Every step of a restore with its options and the summary that the Temporal UI shows. */
export interface RestoreSteps {
  readonly recordStart: Local['recordRestoreStart'];
  readonly preflight: Local['preflightRestore'];
  readonly selectSnapshot: ActivityInterfaceFor<RepositoryActivities>['selectSnapshot'];
  readonly stage: Control['stageRestore'];
  readonly provisionEmpty: Movers['provisionEmptyVolume'];
  readonly runMover: Movers['runRestoreMover'];
  readonly check: Movers['checkRestore'];
  readonly handOver: Control['handOver'];
  readonly deliverImage: Control['deliverImage'];
  readonly createEmpty: Control['createEmptyClaim'];
  readonly record: Local['recordRestore'];
  readonly cleanUp: Control['cleanUpRestore'];
}

export function restoreSteps(request: ResolvedRestore): RestoreSteps {
  const { namespace, destination } = request;
  const claim = `${namespace}/${request.claim}`;
  const urgency: Urgency = { priorityKey: PriorityKey.restore, fairnessKey: namespace };
  const wait = request.startDeadlineSeconds;
  const local = (summary: string, seconds: number) =>
    proxyLocalActivities<RestoreControlActivities>(quickCall(summary, seconds));
  const control = (summary: string, seconds: number) =>
    proxyActivities<RestoreControlActivities>(clusterWait(summary, urgency, seconds));
  const movers = (job: string) =>
    proxyActivities<RestoreMoverActivities>(dataTransfer(`Mover ${namespace}/${job}`, urgency));
  return {
    recordStart: local(`Say on ${namespace}/${destination} that it is under way`, wait).recordRestoreStart,
    preflight: local(`Check ${claim}`, wait).preflightRestore,
    selectSnapshot: proxyActivities<RepositoryActivities>(
      besideRepository(`Choose a snapshot of ${formatIdentity(request.identity)}`, urgency, request.repository, wait),
    ).selectSnapshot,
    stage: control(`Staging claim ${namespace}/${stagingClaimName(destination)}`, wait).stageRestore,
    provisionEmpty: movers(restoreJobName(destination)).provisionEmptyVolume,
    runMover: movers(restoreJobName(destination)).runRestoreMover,
    check: movers(checkJobName(destination)).checkRestore,
    handOver: control(`Hand the restored volume over as ${claim}`, SETTLE_SECONDS).handOver,
    deliverImage: control(`Image of ${namespace}/${destination}`, IMAGE_SECONDS).deliverImage,
    createEmpty: control(`Empty claim ${claim} for a first deployment`, SETTLE_SECONDS).createEmptyClaim,
    record: local(`Record on ${claim}`, SETTLE_SECONDS).recordRestore,
    cleanUp: control(`Clean up after ${claim}`, SETTLE_SECONDS).cleanUpRestore,
  };
}
