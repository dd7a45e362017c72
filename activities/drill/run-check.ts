import { Label } from '../../api/metadata.ts';
import { drillCheckJobName, stagingClaimName } from '../../api/names.ts';
import type { DrillCheckInput, DrillCheckResult } from '../../workflows/drill/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { runMover } from '../mover/run-mover.ts';
import { PortError } from '../ports/port-error.ts';
import { Component } from '../volume/ownership.ts';
import { buildDrillCheckJob } from './check-job.ts';
import { drillCheckLanguage } from './check-language.ts';

/** See DrillMoverActivities. */
export async function runDrillCheck(
  dependencies: ActivityDependencies,
  input: DrillCheckInput,
): Promise<DrillCheckResult> {
  const { run, request, check } = input;
  try {
    const { result, startMilliseconds, runMilliseconds } = await runMover(dependencies, {
      objects: { run, job: buildDrillCheckJob(input, dependencies.settings), claims: [], keptClaims: [] },
      language: drillCheckLanguage,
      claims: [stagingClaimName(request.destination)],
      startDeadlineSeconds: request.startDeadlineSeconds,
    });
    return { log: result, startMilliseconds, runMilliseconds };
  } catch (error) {
    if (!(await tookTooLong(dependencies, input, error))) throw error;
    const job = drillCheckJobName(request.source);
    throw new PortError(FailureType.CheckFailed, `check ${job} did not end within ${check.timeoutSeconds} s`);
  }
}

/** A check that is stopped at its time limit looks like one that was driven out; only its pod knows better. */
async function tookTooLong(
  { cluster }: ActivityDependencies,
  { run, request }: DrillCheckInput,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof PortError) || error.type !== FailureType.Evicted) return false;
  const labels = `${Label.run}=${run.runId},${Label.component}=${Component.drillCheck}`;
  const pods = await cluster.list('Pod', { namespace: request.namespace, labels });
  return pods.some(({ status }) => status?.reason === 'DeadlineExceeded');
}
