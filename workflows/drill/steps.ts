import {
  type ActivityInterfaceFor,
  type LocalActivityInterfaceFor,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { ResolvedDrill } from '../../api/drill-request.ts';
import { formatIdentity } from '../../api/identity.ts';
import { checkJobName, drillCheckJobName, restoreJobName, stagingClaimName } from '../../api/names.ts';
import {
  besideRepository,
  clusterWait,
  dataTransfer,
  PriorityKey,
  quickCall,
  type Urgency,
} from '../activity-options.ts';
import type { RepositoryActivities } from '../repository/contract.ts';
import type { RestoreMoverActivities } from '../restore/contract.ts';
import type { DrillControlActivities, DrillMoverActivities } from './contract.ts';

/** How long clean-up and record try before the run says what is left over, seconds. */
const SETTLE_SECONDS = 900;

type Local = LocalActivityInterfaceFor<DrillControlActivities>;
type Control = ActivityInterfaceFor<DrillControlActivities>;
type Movers = ActivityInterfaceFor<RestoreMoverActivities & DrillMoverActivities>;

/** Every step of a drill with its options and the summary that the Temporal UI shows. */
export interface DrillSteps {
  readonly preflight: Local['preflightDrill'];
  readonly selectSnapshot: ActivityInterfaceFor<RepositoryActivities>['selectSnapshot'];
  readonly stage: Control['stageDrill'];
  readonly runMover: Movers['runRestoreMover'];
  readonly compare: Movers['checkRestore'];
  readonly runCheck: Movers['runDrillCheck'];
  readonly record: Local['recordDrill'];
  readonly cleanUp: Control['cleanUpDrill'];
}

/** A rehearsal waits for what is real: its steps have the urgency of care. */
export function drillSteps({ restore, check }: ResolvedDrill): DrillSteps {
  const { namespace, source, destination } = restore;
  const urgency: Urgency = { priorityKey: PriorityKey.care, fairnessKey: namespace };
  const wait = restore.startDeadlineSeconds;
  const local = (summary: string, seconds: number) =>
    proxyLocalActivities<DrillControlActivities>(quickCall(summary, seconds));
  const control = (summary: string, seconds: number) =>
    proxyActivities<DrillControlActivities>(clusterWait(summary, urgency, seconds));
  const movers = (summary: string) =>
    proxyActivities<RestoreMoverActivities & DrillMoverActivities>(dataTransfer(summary, urgency));
  return {
    preflight: local(`Look at ${namespace}/${source}`, wait).preflightDrill,
    selectSnapshot: proxyActivities<RepositoryActivities>(
      besideRepository(`Choose a snapshot of ${formatIdentity(restore.identity)}`, urgency, restore.repository, wait),
    ).selectSnapshot,
    stage: control(`Throw-away claim ${namespace}/${stagingClaimName(destination)}`, wait).stageDrill,
    runMover: movers(`Mover ${namespace}/${restoreJobName(destination)}`).runRestoreMover,
    compare: movers(`Comparison ${namespace}/${checkJobName(destination)}`).checkRestore,
    runCheck: movers(`Check ${namespace}/${drillCheckJobName(source)} with ${check?.image ?? 'no image'}`)
      .runDrillCheck,
    record: local(`Record the drill of ${namespace}/${source}`, SETTLE_SECONDS).recordDrill,
    cleanUp: control(`Clean up after the drill of ${namespace}/${source}`, SETTLE_SECONDS).cleanUpDrill,
  };
}
