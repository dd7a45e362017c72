import type { V1Job } from '@kubernetes/client-node';
import { CareTask } from '../../api/kopia-repository.ts';
import type { MaintenanceDeclaration } from '../../api/maintenance-declaration.ts';
import { maintenanceJobName } from '../../api/names.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import type { CareStepPlan, PlainJob } from '../../workflows/care/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { MAINTENANCE_OWNER, maintenanceRunArguments } from '../kopia/maintenance-arguments.ts';
import { buildMoverJob } from '../mover/mover-job.ts';
import { careJobParts } from './care-job.ts';
import { declaredParts, withDeclaredLimits } from './declared-maintenance.ts';

/**
 * The Job of one maintenance, as VolSync's operator would make it: without the repository's volume, which the workflow
 * (or the admission policy) injects.
 */
export function buildMaintenanceJob(input: CareStepPlan, settings: ActivitySettings): PlainJob {
  const { run, repository, task, plan } = input;
  const { declared } = plan;
  const parts = careJobParts(input, { identity: MAINTENANCE_OWNER, readOnly: false }, settings);
  const job = buildMoverJob({
    ...(declared ? asDeclared(parts, declared) : parts),
    repository: { ...parts.repository, volumes: [], mounts: [] },
    settings,
    name: maintenanceJobName(declared?.name ?? repository, run.runId, task),
    args: maintenanceRunArguments({ full: task === CareTask.fullMaintenance }),
    dataDirectory: REPOSITORY_MOUNT,
    locksConfig: true,
  });
  return asPlain(declared ? withDeclaredLimits(job, declared) : job);
}

function asDeclared(
  parts: ReturnType<typeof careJobParts>,
  declared: MaintenanceDeclaration,
): ReturnType<typeof careJobParts> {
  const { labels, podLabels, ...pod } = declaredParts(declared);
  return {
    ...{ ...parts, ...pod },
    labels: { ...parts.labels, ...labels },
    declared: { ...parts.declared, moverPodLabels: podLabels },
  };
}

/** The client's model is plain JSON already, but for types. */
const asPlain = (job: V1Job): PlainJob => job as unknown as PlainJob;
