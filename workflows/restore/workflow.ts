import { CancellationScope, CancelledFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import { formatIdentity } from '../../api/identity.ts';
import { type ResolvedRestore, type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import { FailureType } from '../failures.ts';
import type { SnapshotSummary } from '../repository/contract.ts';
import { describeFailure, endingFailure, failRun, parseInput } from '../run-failure.ts';
import { type RunTracker, trackRun } from '../run-tracker.ts';
import {
  RestorePhase,
  type RestorePreflight,
  type RestoreRecord,
  type RestoreStep,
  type RestoreVolumeResult,
} from './contract.ts';
import { emptyClaimCapacity, planRestore } from './plan.ts';
import { type RestoreSteps, restoreSteps } from './steps.ts';

type Outcome = Omit<RestoreVolumeResult, 'phases' | 'identity'>;

interface Run {
  readonly request: ResolvedRestore;
  readonly step: RestoreStep;
  readonly steps: RestoreSteps;
  readonly tracker: RunTracker;
  readonly startedAt: number;
  /** Set from the moment the volume may carry its final name: clean-up then leaves it alone. */
  handedOver: boolean;
}

/**
 * Brings one application volume back, exactly when its claim is missing: choose, stage, move, compare, hand over. A claim
 * that exists ends the run at once with nothing touched. If anything fails, the claim does not exist yet.
 */
export async function restoreVolume(input: RestoreRequest): Promise<RestoreVolumeResult> {
  const request = parseInput(resolveRestore, input);
  const { workflowId, runId } = workflowInfo();
  const run: Run = {
    request,
    step: { run: { workflowId, runId }, request },
    steps: restoreSteps(request),
    tracker: trackRun({ title: `Restore of ${request.namespace}/${request.claim}`, ...request }),
    startedAt: Date.now(),
    handedOver: false,
  };
  const identity = formatIdentity(request.identity);
  run.tracker.note('identity', identity);
  let outcome: Outcome;
  try {
    outcome = await bringBack(run);
  } catch (error) {
    run.tracker.failed(error);
    await CancellationScope.nonCancellable(() => endFailed(run, error));
    throw endingFailure(error);
  }
  run.tracker.finish(outcome.outcome, outcome.snapshotId);
  if (outcome.outcome !== 'TargetExists') await CancellationScope.nonCancellable(() => cleanUp(run));
  return { ...outcome, identity, phases: run.tracker.timings };
}

async function bringBack(run: Run): Promise<Outcome> {
  const { request, step, steps, tracker } = run;
  const found = await tracker.phase(RestorePhase.Preflight, () => steps.preflight(step));
  if (found.claimExists && !found.handedOverByThisRun) {
    return {
      outcome: 'TargetExists',
      message: `claim ${request.namespace}/${request.claim} exists: nothing was touched (delete it first if it is to be restored)`,
    };
  }
  const {
    found: snapshot,
    skipped,
    otherIdentities = [],
  } = await tracker.phase(RestorePhase.SelectSnapshot, () =>
    steps.selectSnapshot({
      repository: request.repository,
      expectedUniqueId: found.repositoryUniqueId,
      identity: request.identity,
      choice: request.snapshot,
    }),
  );
  if (skipped > 0) tracker.note('snapshots skipped as not whole', skipped);
  return snapshot ? await restoreSnapshot(run, found, snapshot) : await startEmpty(run, otherIdentities);
}

async function restoreSnapshot(run: Run, found: RestorePreflight, snapshot: SnapshotSummary): Promise<Outcome> {
  const { request, step, steps, tracker } = run;
  tracker.note('snapshot', `${snapshot.id} of ${snapshot.startTime}`);
  const plan = planRestore(request, found, snapshot);
  await tracker.phase(RestorePhase.Stage, () => steps.stage({ ...step, plan }));
  await tracker.phase(RestorePhase.Mover, () => steps.runMover({ ...step, plan }));
  const comparison = await tracker.phase(RestorePhase.Check, () => steps.check({ ...step, plan }));
  if (comparison.mismatches.count > 0) {
    throw failRun(
      FailureType.RestoreMismatch,
      `${comparison.mismatches.count} differences from snapshot ${snapshot.id}: ${comparison.mismatches.examples.join('; ')}`,
    );
  }
  tracker.note('files compared', `${comparison.filesFound}, ${comparison.contentsCompared} with their whole content`);
  if (comparison.owners.count + comparison.modes.count > 0) {
    tracker.note('not restored', `owners of ${comparison.owners.count}, modes of ${comparison.modes.count} entries`);
  }
  // A check that ended well although it was cancelled must not lead to a claim that nobody wants any more.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('canceled before the handover');
  run.handedOver = true;
  // A cancel that comes now is too late: half a handover would leave a volume that belongs to nobody.
  const { claimUid, volumeName } = await CancellationScope.nonCancellable(async () => {
    const handed = await tracker.phase(RestorePhase.HandOver, () => steps.handOver({ ...step, plan, empty: false }));
    await recordEnd(run, { outcome: 'Restored', snapshotId: snapshot.id });
    return handed;
  });
  return {
    outcome: 'Restored',
    message: `claim ${request.namespace}/${request.claim} is back from the snapshot of ${snapshot.startTime}`,
    snapshotId: snapshot.id,
    snapshotTime: snapshot.startTime,
    files: comparison.filesFound,
    directories: comparison.directoriesFound,
    bytes: comparison.bytesFound,
    comparison,
    claimUid,
    volumeName,
  };
}

/** First deployment: the repository is readable and holds nothing under this identity. Only where the request allows it. */
async function startEmpty(run: Run, otherIdentities: readonly string[]): Promise<Outcome> {
  const { request, step, steps, tracker } = run;
  if (request.whenNoSnapshot === 'Fail') {
    const others = otherIdentities.length > 0 ? `; it holds ${otherIdentities.join(', ')}` : '';
    throw failRun(
      FailureType.SnapshotNotFound,
      `repository ${request.repository} holds no whole snapshot of ${formatIdentity(request.identity)}${others}; no claim was made (whenNoSnapshot: Empty allows an empty one for a first deployment)`,
    );
  }
  const capacity = emptyClaimCapacity(request);
  const handed = await tracker.phase(RestorePhase.HandOver, () => steps.createEmpty({ ...step, capacity }));
  run.handedOver = true;
  await recordEnd(run, { outcome: 'StartedEmpty' });
  return {
    outcome: 'StartedEmpty',
    message: `claim ${request.namespace}/${request.claim} starts empty: no snapshot was ever made of it`,
    ...handed,
  };
}

async function recordEnd(run: Run, end: Pick<RestoreRecord, 'outcome' | 'snapshotId' | 'failure'>): Promise<void> {
  const result: RestoreRecord = {
    ...end,
    finishedAt: new Date().toISOString(),
    durationSeconds: Math.round((Date.now() - run.startedAt) / 100) / 10,
  };
  await run.tracker.phase(RestorePhase.Record, () => run.steps.record({ ...run.step, result }));
}

async function cleanUp(run: Run): Promise<void> {
  try {
    await run.tracker.phase(RestorePhase.CleanUp, () => run.steps.cleanUp({ ...run.step, handedOver: run.handedOver }));
  } catch (error) {
    run.tracker.failed(error);
    throw endingFailure(error);
  }
}

/** Records and cleans up after a failure or a cancel; the first error stays the one that the run ends with. */
async function endFailed(run: Run, error: unknown): Promise<void> {
  const failure = describeFailure(error);
  const canceled = isCancellation(error);
  run.tracker.finish(canceled ? 'Canceled' : failure.type);
  await Promise.allSettled([
    recordEnd(run, { outcome: canceled ? 'Canceled' : 'Failed', failure }),
    run.tracker.phase(RestorePhase.CleanUp, () => run.steps.cleanUp({ ...run.step, handedOver: run.handedOver })),
  ]);
}
