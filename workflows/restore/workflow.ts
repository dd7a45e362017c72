import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import { describeFailure, endingFailure, parseInput } from '../run-failure.ts';
import { trackRun } from '../run-tracker.ts';
import { bringBack } from './bring-back.ts';
import type { RestoreVolumeResult } from './contract.ts';
import { cleanUp, identityOf, type Outcome, type RestoreRun, recordEnd, recordStart } from './run.ts';
import { restoreSteps } from './steps.ts';

/**
 * Brings one application volume back, exactly when its claim is missing: choose, stage, move, compare, hand over. A claim
 * that exists ends the run at once with nothing touched. If anything fails, the claim does not exist yet. With `deliver:
 * Image` a VolumeSnapshot of the checked volume is what is handed over, and the former one stays valid until then.
 */
export async function restoreVolume(input: RestoreRequest): Promise<RestoreVolumeResult> {
  const request = parseInput(resolveRestore, input);
  const { workflowId, runId } = workflowInfo();
  const run: RestoreRun = {
    request,
    step: { run: { workflowId, runId }, request },
    steps: restoreSteps(request),
    tracker: trackRun({ title: `Restore of ${request.namespace}/${request.claim}`, ...request }),
    startedAt: Date.now(),
    handedOver: false,
  };
  const identity = identityOf(run);
  run.tracker.note('identity', identity);
  let outcome: Outcome;
  try {
    if (request.declared) await recordStart(run);
    outcome = await bringBack(run);
  } catch (error) {
    run.tracker.failed(error);
    await CancellationScope.nonCancellable(() => endFailed(run, error));
    throw endingFailure(error);
  }
  run.tracker.finish(outcome.outcome, outcome.snapshotId);
  if (outcome.outcome !== 'TargetExists') await CancellationScope.nonCancellable(() => cleanUpAtLast(run));
  return { ...outcome, identity, phases: run.tracker.timings };
}

async function cleanUpAtLast(run: RestoreRun): Promise<void> {
  try {
    await cleanUp(run);
  } catch (error) {
    run.tracker.failed(error);
    throw endingFailure(error);
  }
}

/** Records and cleans up after a failure or a cancel; the first error stays the one that the run ends with. */
async function endFailed(run: RestoreRun, error: unknown): Promise<void> {
  const failure = describeFailure(error);
  const canceled = isCancellation(error);
  run.tracker.finish(canceled ? 'Canceled' : failure.type);
  const { message } = failure;
  await Promise.allSettled([
    recordEnd(run, { outcome: canceled ? 'Canceled' : 'Failed', message, failure }),
    cleanUp(run),
  ]);
}
