import {
  type ActivityInterfaceFor,
  type LocalActivityInterfaceFor,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import {
  besideRepository,
  clusterWait,
  dataTransfer,
  PriorityKey,
  quickCall,
  type Urgency,
} from '../activity-options.ts';
import type { CareControlActivities, CareMoverActivities, RepositoryCareActivities } from './contract.ts';

/** How long a run waits for the cluster before it says so, seconds. */
const PATIENCE_SECONDS = 300;

/** How long clean-up tries before the run says what is left over, seconds. */
const CLEAN_UP_SECONDS = 900;

type Local = LocalActivityInterfaceFor<CareControlActivities>;
type Control = ActivityInterfaceFor<CareControlActivities>;
type Movers = ActivityInterfaceFor<CareMoverActivities>;
type Repository = ActivityInterfaceFor<RepositoryCareActivities>;

/** The steps that runs of care have, with their options and the summary that the Temporal UI shows. */
export interface CareSteps {
  readonly plan: Local['planCare'];
  readonly countRestores: Local['countRestores'];
  readonly buildMaintenanceJob: Local['buildMaintenanceJob'];
  readonly runMaintenance: Movers['runMaintenance'];
  readonly runVerification: Movers['runVerification'];
  readonly prepareMaintenance: Repository['prepareMaintenance'];
  readonly proveMaintenance: Repository['proveMaintenance'];
  readonly measureContent: Repository['measureContent'];
  readonly record: Local['recordCare'];
  readonly cleanUp: Control['cleanUpCare'];
}

/** `what` is for people: `Full maintenance of kopia`. */
export function careSteps(repository: string, what: string): CareSteps {
  const urgency: Urgency = { priorityKey: PriorityKey.care, fairnessKey: repository };
  const quick = (summary: string, seconds = PATIENCE_SECONDS) =>
    proxyLocalActivities<CareControlActivities>(quickCall(summary, seconds));
  const beside = (summary: string) =>
    proxyActivities<RepositoryCareActivities>(besideRepository(summary, urgency, repository));
  const movers = proxyActivities<CareMoverActivities>(dataTransfer(what, urgency));
  return {
    plan: quick(`Read what is declared of ${repository}`).planCare,
    countRestores: quick(`Restores from ${repository}`).countRestores,
    buildMaintenanceJob: quick(`Job of the ${what}`).buildMaintenanceJob,
    runMaintenance: movers.runMaintenance,
    runVerification: movers.runVerification,
    prepareMaintenance: beside(`Own the maintenance of ${repository}`).prepareMaintenance,
    proveMaintenance: beside(`Prove the ${what}`).proveMaintenance,
    measureContent: beside(`Count what ${repository} holds`).measureContent,
    record: quick(`Record the ${what}`, CLEAN_UP_SECONDS).recordCare,
    cleanUp: proxyActivities<CareControlActivities>(clusterWait(`Jobs of ${repository}`, urgency, CLEAN_UP_SECONDS))
      .cleanUpCare,
  };
}
