import type { V1Job } from '@kubernetes/client-node';
import { CareTask } from '../../api/kopia-repository.ts';
import { maintenanceJobName } from '../../api/names.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import type { CareStep, CareStepPlan, MaintenanceMoverResult, PlainJob } from '../../workflows/care/contract.ts';
import type { ActivityDependencies, ActivitySettings } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import { MAINTENANCE_OWNER, maintenanceRunArguments } from '../kopia/maintenance-arguments.ts';
import type { LogLanguage } from '../mover/log-reader.ts';
import { buildMoverJob } from '../mover/mover-job.ts';
import { runMover } from '../mover/run-mover.ts';
import { careJobParts } from './care-job.ts';

/** How long a Job of care may stay without a running container, seconds. */
const START_DEADLINE_SECONDS = 1800;

/**
 * The Job of one maintenance, as VolSync's operator would make it: without the repository's volume, which the workflow
 * (or the admission policy) injects.
 */
export function buildMaintenanceJob(input: CareStepPlan, settings: ActivitySettings): PlainJob {
  const { run, repository, task } = input;
  return asPlain(
    buildMoverJob({
      ...careJobParts(input, { identity: MAINTENANCE_OWNER, readOnly: false }),
      settings,
      name: maintenanceJobName(repository, run.runId),
      image: settings.kopiaImage,
      args: maintenanceRunArguments(task === CareTask.fullMaintenance ? 'Full' : 'Quick'),
      dataDirectory: REPOSITORY_MOUNT,
    }),
  );
}

/**
 * What `kopia maintenance run` says. It prints that it finished also when it failed, so only the end of the container
 * counts; that something was done is proven afterwards.
 */
export const maintenanceLanguage: LogLanguage<true> = {
  result: () => undefined,
  atEnd: (log) => (/^Finished (quick|full) maintenance\.$/m.test(log) ? true : undefined),
  decisive: (line) => decisiveFailure(line, 'repository'),
  classify: (tail) => classifyKopiaError(tail, { operation: 'repository' }),
};

/** See CareMoverActivities. */
export async function runMaintenance(
  dependencies: ActivityDependencies,
  { run, job }: CareStep & { readonly job: PlainJob },
): Promise<MaintenanceMoverResult> {
  const claims = claimsOf(job as V1Job);
  const { startMilliseconds, runMilliseconds } = await runMover(dependencies, {
    objects: { run, job: job as V1Job, claims: [], keptClaims: [] },
    language: maintenanceLanguage,
    claims,
    startDeadlineSeconds: START_DEADLINE_SECONDS,
  });
  return { startMilliseconds, runMilliseconds };
}

/** The client's model is plain JSON already, but for types. */
const asPlain = (job: V1Job): PlainJob => job as unknown as PlainJob;

const claimsOf = ({ spec }: V1Job): string[] =>
  spec?.template.spec?.volumes?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []) ?? [];
