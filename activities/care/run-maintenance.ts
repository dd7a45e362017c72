import type { V1Job } from '@kubernetes/client-node';
import type { CareStep, MaintenanceMoverResult, PlainJob } from '../../workflows/care/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import type { LogLanguage } from '../mover/log-reader.ts';
import { runMover } from '../mover/run-mover.ts';
import { START_DEADLINE_SECONDS } from './care-job.ts';

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

const claimsOf = ({ spec }: V1Job): string[] =>
  spec?.template.spec?.volumes?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []) ?? [];
