import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { type BackupRequest, CopyMethod, type ResolvedBackup, resolveBackup } from '../../api/backup-request.ts';
import { formatIdentity } from '../../api/identity.ts';
import { describeFailure, endingFailure, parseInput } from '../run-failure.ts';
import { type RunTracker, trackRun } from '../run-tracker.ts';
import { together } from '../together.ts';
import {
  BackupPhase,
  type BackupPlan,
  type BackupRecord,
  type BackupStep,
  type BackupVolumeResult,
  type CaptureResult,
} from './contract.ts';
import { removedByRetention, requireSame, requireWhole, suspect } from './judge.ts';
import { type BackupSteps, backupSteps } from './steps.ts';

interface Run {
  readonly request: ResolvedBackup;
  /** Complete once preflight knows the source. */
  step: BackupStep;
  readonly steps: BackupSteps;
  readonly tracker: RunTracker;
  readonly startedAt: number;
}

/**
 * Backs up one application volume: check, capture, move, prove, record, clean up. Ends as failed with a FailureType;
 * whatever happens, nothing of the run is left but the cache, the repository and the record.
 */
export async function backupVolume(input: BackupRequest): Promise<BackupVolumeResult> {
  const request = parseInput(resolveBackup, input);
  const { workflowId, runId } = workflowInfo();
  const run: Run = {
    request,
    step: { run: { workflowId, runId }, request },
    steps: backupSteps(request),
    tracker: trackRun({ title: `Backup of ${request.namespace}/${request.claim}`, ...request }),
    startedAt: Date.now(),
  };
  let result: Omit<BackupVolumeResult, 'phases'>;
  try {
    result = await proveBackup(run);
  } catch (error) {
    run.tracker.failed(error);
    await CancellationScope.nonCancellable(() => endFailed(run, error));
    throw endingFailure(error);
  }
  await CancellationScope.nonCancellable(() => endProven(run));
  return { ...result, phases: run.tracker.timings };
}

/** Everything up to the record: after it the backup is proven, whatever becomes of the clean-up. */
async function proveBackup(run: Run): Promise<Omit<BackupVolumeResult, 'phases'>> {
  const { request, step, steps, tracker } = run;
  const plan = await tracker.phase(BackupPhase.Preflight, () => steps.preflight(step));
  if (plan.sourceUid) run.step = { ...step, sourceUid: plan.sourceUid };
  const identity = formatIdentity(request.identity);
  tracker.note('identity', identity);

  const [opened, capture] = await together(
    () => tracker.phase(BackupPhase.OpenRepository, () => steps.openRepository(openInput(request, plan))),
    () => captureSource(run, plan),
  );
  const mover = await tracker.phase(BackupPhase.Mover, () =>
    steps.runMover({ ...step, plan, capture, ...(opened.previous ? { expectedBytes: opened.previous.bytes } : {}) }),
  );
  tracker.note('snapshot', mover.snapshotId);
  tracker.note('files', mover.files);
  tracker.note('bytes', mover.bytes);
  if (mover.uploadedBytes !== undefined) tracker.note('new bytes uploaded', mover.uploadedBytes);
  requireWhole(mover);

  const { snapshot, snapshotIds } = await tracker.phase(BackupPhase.ReadBack, () =>
    steps.readBack({
      repository: request.repository,
      expectedUniqueId: plan.repositoryUniqueId,
      identity: request.identity,
      runId: step.run.runId,
      snapshotId: mover.snapshotId,
    }),
  );
  requireSame(mover, snapshot);

  const suspicion = suspect(request, opened, snapshot);
  if (suspicion) tracker.note('suspicious', suspicion.message);
  if (suspicion && !opened.held) await tracker.phase(BackupPhase.Hold, () => steps.hold(holdInput(request, plan)));
  const suspicious = suspicion ? { suspicious: suspicion } : {};

  const uploaded = mover.uploadedBytes === undefined ? {} : { uploadedBytes: mover.uploadedBytes };
  await tracker.phase(BackupPhase.Record, () =>
    steps.record({
      ...run.step,
      record: {
        ...recordBase(run),
        outcome: 'Succeeded',
        snapshotId: snapshot.id,
        files: snapshot.files,
        bytes: snapshot.bytes,
        ...uploaded,
        ...suspicious,
      },
    }),
  );
  return {
    outcome: 'Succeeded',
    snapshotId: snapshot.id,
    identity,
    repository: request.repository,
    files: snapshot.files,
    directories: snapshot.directories,
    bytes: snapshot.bytes,
    ...uploaded,
    unreadableFiles: mover.unreadable,
    removedSnapshots: removedByRetention(opened.snapshotIds, snapshotIds),
    snapshotsKept: snapshotIds.length,
    ...suspicious,
  };
}

/** A direct mount needs no capture: the mover reads the claim itself. */
async function captureSource(run: Run, plan: BackupPlan): Promise<CaptureResult> {
  if (run.request.copyMethod === CopyMethod.Direct) return { dataClaim: run.request.claim };
  return await run.tracker.phase(BackupPhase.Capture, () => run.steps.capture({ ...run.step, plan }));
}

async function endProven(run: Run): Promise<void> {
  run.tracker.finish('Succeeded');
  try {
    await run.tracker.phase(BackupPhase.CleanUp, () => run.steps.cleanUp({ ...run.step, stopMover: false }));
  } catch (error) {
    run.tracker.failed(error);
    throw endingFailure(error);
  }
}

/** Records and cleans up after a failure or a cancel; the first error stays the one that the run ends with. */
async function endFailed(run: Run, error: unknown): Promise<void> {
  const { step, steps, tracker } = run;
  const failure = describeFailure(error);
  tracker.finish(isCancellation(error) ? 'Canceled' : failure.type);
  const outcome: BackupRecord['outcome'] = isCancellation(error) ? 'Canceled' : 'Failed';
  // Both are tried whatever becomes of the other; a clean-up that fails leaves its own failed activity in the history.
  await Promise.allSettled([
    tracker.phase(BackupPhase.Record, () =>
      steps.record({ ...step, record: { ...recordBase(run), outcome, failure } }),
    ),
    tracker.phase(BackupPhase.CleanUp, () => steps.cleanUp({ ...step, stopMover: true })),
  ]);
}

const holdInput = (request: ResolvedBackup, plan: BackupPlan) => ({
  repository: request.repository,
  expectedUniqueId: plan.repositoryUniqueId,
  identity: request.identity,
  retain: request.retain,
  compression: request.compression,
});

const openInput = (request: ResolvedBackup, plan: BackupPlan) => ({
  ...holdInput(request, plan),
  parallelism: request.parallelism,
  approveRetention: request.approveRetention,
  approveShrink: request.approveShrink,
});

const recordBase = (run: Run) => ({
  runId: run.step.run.runId,
  workflowId: run.step.run.workflowId,
  finishedAt: new Date().toISOString(),
  durationSeconds: Math.round((Date.now() - run.startedAt) / 100) / 10,
});
