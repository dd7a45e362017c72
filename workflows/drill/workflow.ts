import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { DrillRecord } from '../../api/drill-record.ts';
import { type DrillRequest, resolveDrill } from '../../api/drill-request.ts';
import { formatIdentity } from '../../api/identity.ts';
import { describeFailure, endingFailure, parseInput } from '../run-failure.ts';
import { trackRun } from '../run-tracker.ts';
import { DrillPhase, type DrillVolumeResult } from './contract.ts';
import { rehearse } from './rehearse.ts';
import type { DrillRun } from './run.ts';
import { drillSteps } from './steps.ts';

/**
 * Proves that one application can be restored: its snapshot into a throw-away claim, compared with the repository, and
 * used by the program that a person names. The application's own claim is never touched. Whatever the end, it is
 * recorded, and nothing is left over.
 */
export async function drillVolume(input: DrillRequest): Promise<DrillVolumeResult> {
  const drill = parseInput(resolveDrill, input);
  const { workflowId, runId } = workflowInfo();
  const { restore, check } = drill;
  const run: DrillRun = {
    drill,
    step: { run: { workflowId, runId }, request: restore, ...(check ? { check } : {}) },
    steps: drillSteps(drill),
    tracker: trackRun({ title: `Drill of ${restore.namespace}/${restore.claim}`, ...restore }),
    startedAt: Date.now(),
    measured: {},
  };
  run.tracker.note('identity', formatIdentity(restore.identity));
  let record: DrillRecord;
  try {
    const message = await rehearse(run);
    const passed = recordOf(run, { outcome: 'Passed', message });
    // What was proven is kept also when somebody cancels now.
    await CancellationScope.nonCancellable(() => write(run, passed));
    record = passed;
  } catch (error) {
    run.tracker.failed(error);
    await CancellationScope.nonCancellable(() => endFailed(run, error));
    throw endingFailure(error);
  }
  run.tracker.finish(record.outcome, record.snapshotId);
  await CancellationScope.nonCancellable(() => cleanUpAtLast(run));
  return { ...record, phases: run.tracker.timings };
}

function recordOf(
  { drill, step, startedAt, measured }: DrillRun,
  ended: Pick<DrillRecord, 'outcome' | 'message' | 'failure'>,
): DrillRecord {
  const { namespace, claim, source, repository, identity } = drill.restore;
  return {
    ...{ namespace, claim, source, repository, identity: formatIdentity(identity) },
    ...step.run,
    ...ended,
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date().toISOString(),
    durationSeconds: Math.round((Date.now() - startedAt) / 100) / 10,
    ...measured,
  };
}

const write = ({ step, steps, tracker }: DrillRun, record: DrillRecord): Promise<void> =>
  tracker.phase(DrillPhase.Record, () => steps.record({ ...step, record }));

const cleanUp = async ({ step, steps, tracker }: DrillRun): Promise<void> => {
  await tracker.phase(DrillPhase.CleanUp, () => steps.cleanUp(step));
};

async function cleanUpAtLast(run: DrillRun): Promise<void> {
  try {
    await cleanUp(run);
  } catch (error) {
    run.tracker.failed(error);
    throw endingFailure(error);
  }
}

/** Records and cleans up; the first error stays the one that the run ends with. A drill that was canceled proves nothing. */
async function endFailed(run: DrillRun, error: unknown): Promise<void> {
  const failure = describeFailure(error);
  const canceled = isCancellation(error);
  run.tracker.finish(canceled ? 'Canceled' : failure.type, run.measured.snapshotId);
  const record = recordOf(run, { outcome: 'Failed', message: failure.message, failure });
  await Promise.allSettled([canceled ? undefined : write(run, record), cleanUp(run)]);
}
