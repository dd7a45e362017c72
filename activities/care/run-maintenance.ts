import type { V1Job } from '@kubernetes/client-node';
import type { CareStep, MaintenanceMoverResult, PlainJob } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import type { LogLanguage } from '../mover/log-reader.ts';
import { runMover } from '../mover/run-mover.ts';
import { PortError } from '../ports/port-error.ts';
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
  }).catch(async (error: unknown) => {
    throw (await outOfTime(dependencies, job as V1Job)) ?? error;
  });
  return { startMilliseconds, runMilliseconds };
}

/** Past its deadline Kubernetes takes a Job's pod away, which looks like an eviction: another try would end the same. */
async function outOfTime({ cluster }: ActivityDependencies, { metadata, spec }: V1Job): Promise<PortError | undefined> {
  const limit = spec?.activeDeadlineSeconds;
  if (limit === undefined) return undefined;
  const ref = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
  const ended = await cluster.get('Job', ref).catch(() => undefined);
  if (!ended?.status?.conditions?.some(({ reason }) => reason === 'DeadlineExceeded')) return undefined;
  return new PortError(
    FailureType.MoverFailed,
    `maintenance took longer than spec.activeDeadlineSeconds allows (${limit} s): raise it in the KopiaMaintenance`,
    { retryable: false },
  );
}

const claimsOf = ({ spec }: V1Job): string[] =>
  spec?.template.spec?.volumes?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []) ?? [];
