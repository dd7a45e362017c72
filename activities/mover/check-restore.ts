import { stagingClaimName } from '../../api/names.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { Comparison, RestoreMoverInput } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { buildCheckJob } from './check-job.ts';
import { checkLanguage } from './check-language.ts';
import { declaredClaims } from './declared-pod.ts';
import { runMover } from './run-mover.ts';

/** See RestoreMoverActivities. Throws RestoreMismatch with the first differences. */
export async function checkRestore(dependencies: ActivityDependencies, input: RestoreMoverInput): Promise<Comparison> {
  const { run, request, plan } = input;
  const { result } = await runMover(dependencies, {
    objects: { run, job: buildCheckJob(input, dependencies.settings), claims: [], keptClaims: [] },
    language: checkLanguage,
    claims: [stagingClaimName(request.destination), ...declaredClaims(plan.repository, request)],
    startDeadlineSeconds: request.startDeadlineSeconds,
  });
  const { count, examples } = result.mismatches;
  if (count > 0) {
    throw new PortError(
      FailureType.RestoreMismatch,
      `the volume restored for ${request.namespace}/${request.claim} differs from snapshot ${plan.snapshot.id} in ${count} places: ${examples.join('; ')}`,
    );
  }
  return result;
}
