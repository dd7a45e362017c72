import type { V1Job } from '@kubernetes/client-node';
import { CareTask } from '../../api/kopia-repository.ts';
import { maintenanceJobName } from '../../api/names.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import type { CareStepPlan, PlainJob } from '../../workflows/care/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { MAINTENANCE_OWNER, maintenanceRunArguments } from '../kopia/maintenance-arguments.ts';
import { buildMoverJob } from '../mover/mover-job.ts';
import { careJobParts } from './care-job.ts';

/**
 * The Job of one maintenance, as VolSync's operator would make it: without the repository's volume, which the workflow
 * (or the admission policy) injects.
 */
export function buildMaintenanceJob(input: CareStepPlan, settings: ActivitySettings): PlainJob {
  const { run, repository, task } = input;
  const parts = careJobParts(input, { identity: MAINTENANCE_OWNER, readOnly: false });
  return asPlain(
    buildMoverJob({
      ...parts,
      repository: { ...parts.repository, volumes: [], mounts: [] },
      settings,
      name: maintenanceJobName(repository, run.runId),
      args: maintenanceRunArguments({ full: task === CareTask.fullMaintenance }),
      dataDirectory: REPOSITORY_MOUNT,
      locksConfig: true,
    }),
  );
}

/** The client's model is plain JSON already, but for types. */
const asPlain = (job: V1Job): PlainJob => job as unknown as PlainJob;
