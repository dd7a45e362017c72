import { CancellationScope, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { type MaintenanceRequest, type ResolvedMaintenance, resolveMaintenance } from '../../api/care-request.ts';
import { CareTask } from '../../api/kopia-repository.ts';
import { describeFailure, endingFailure, parseInput } from '../run-failure.ts';
import { type RunTracker, trackRun } from '../run-tracker.ts';
import { CarePhase, type CarePlan, type CareRecord, type CareStep, type MaintenanceResult } from './contract.ts';
import { injectRepository } from './inject-repository.ts';
import { withRepositoryLock } from './lock.ts';
import { type CareSteps, careSteps } from './steps.ts';

/** How long a run waits for another that cares for the same repository, seconds: the next quick one comes in an hour anyway. */
const LOCK_PATIENCE = { Quick: 0, Full: 6 * 3600 } as const;

/** How long restores are waited for, seconds: then maintenance goes on beside them, which harms neither. */
const YIELD_PATIENCE = { Quick: 300, Full: 3600 } as const;
const YIELD_PAUSE = 30;

interface Run {
  readonly request: ResolvedMaintenance;
  readonly step: CareStep;
  readonly steps: CareSteps;
  readonly tracker: RunTracker;
  readonly startedAt: number;
}

type Done = Pick<CareRecord, 'message' | 'content'>;

/**
 * Maintains one repository: take it for this run alone, give restores the way, own the maintenance, run Kopia in a Job of
 * its own, and have another process prove that it ran. Ends as failed with a FailureType; nothing of the run is left.
 */
export async function maintainRepository(input: MaintenanceRequest): Promise<MaintenanceResult> {
  const request = parseInput(resolveMaintenance, input);
  const { workflowId, runId } = workflowInfo();
  const { repository, mode } = request;
  const task = mode === 'Full' ? CareTask.fullMaintenance : CareTask.quickMaintenance;
  const run: Run = {
    request,
    step: { run: { workflowId, runId }, repository, task },
    steps: careSteps(repository, `${mode} maintenance of ${repository}`),
    tracker: trackRun({ title: `${mode} maintenance of repository ${repository}`, repository }),
    startedAt: Date.now(),
  };
  try {
    const plan = await run.tracker.phase(CarePhase.Preflight, () => run.steps.plan(run.step));
    const done = await withRepositoryLock(repository, LOCK_PATIENCE[mode], () => maintain(run, plan));
    if (done === undefined) return await skip(run);
    await record(run, { outcome: 'Succeeded', ...done });
    run.tracker.finish('Succeeded');
    return { outcome: 'Succeeded', ...done, repository, phases: run.tracker.timings };
  } catch (error) {
    run.tracker.failed(error);
    await CancellationScope.nonCancellable(() => endFailed(run, error));
    throw endingFailure(error);
  }
}

/** Everything that needs the repository to itself, clean-up included: the next one finds no Job of this one. */
async function maintain({ request, step, steps, tracker }: Run, plan: CarePlan): Promise<Done> {
  const { repository, mode } = request;
  const known = { repository, expectedUniqueId: plan.repositoryUniqueId };
  try {
    // What a run left that was terminated: proven gone before another one maintains (faults.md A10).
    await steps.cleanUp(step);
    await tracker.phase(CarePhase.Yield, () => giveWay(repository, steps, YIELD_PATIENCE[mode]));
    const before = await tracker.phase(CarePhase.Prepare, () => steps.prepareMaintenance(known));
    if (before.previousOwner) tracker.note('taken over from', before.previousOwner);
    const job = injectRepository(await steps.buildMaintenanceJob({ ...step, plan }), volumeOf(plan));
    await tracker.phase(CarePhase.Mover, () => steps.runMaintenance({ ...step, job }));
    const { tasks } = await tracker.phase(CarePhase.Prove, () =>
      steps.proveMaintenance({
        ...known,
        mode,
        ...(before.lastTaskStart ? { lastTaskStart: before.lastTaskStart } : {}),
      }),
    );
    tracker.note('tasks', tasks);
    const taken = before.previousOwner ? `; taken over from ${before.previousOwner}` : '';
    const message = `${mode.toLowerCase()} maintenance of ${repository} ran (${tasks} tasks)${taken}`;
    if (mode === 'Quick') return { message };
    return { message, content: await tracker.phase(CarePhase.Measure, () => steps.measureContent(known)) };
  } finally {
    await CancellationScope.nonCancellable(() => tracker.phase(CarePhase.CleanUp, () => steps.cleanUp(step)));
  }
}

const volumeOf = ({ repository }: CarePlan) =>
  repository.repositoryNfs ? { nfs: repository.repositoryNfs } : { claimName: repository.repositoryClaim };

async function giveWay(repository: string, steps: CareSteps, patienceSeconds: number): Promise<void> {
  for (let waited = 0; waited < patienceSeconds; waited += YIELD_PAUSE) {
    const restores = await steps.countRestores({ repository });
    if (restores === 0) return;
    await sleep(YIELD_PAUSE * 1000, { summary: `${restores} restores go first` });
  }
}

/** Another run cares for the repository all this time: that is not a failure, and its own record says how it went. */
async function skip(run: Run): Promise<MaintenanceResult> {
  const { repository, mode } = run.request;
  const message = `${mode.toLowerCase()} maintenance of ${repository} was left out: another run cares for the repository`;
  await record(run, { outcome: 'Skipped', message });
  run.tracker.finish('Skipped');
  return { outcome: 'Skipped', message, repository, phases: run.tracker.timings };
}

const record = (run: Run, ended: Omit<CareRecord, 'finishedAt' | 'durationSeconds'>): Promise<void> =>
  run.tracker.phase(CarePhase.Record, () =>
    run.steps.record({
      ...run.step,
      record: {
        ...ended,
        finishedAt: new Date().toISOString(),
        durationSeconds: Math.round((Date.now() - run.startedAt) / 100) / 10,
      },
    }),
  );

/** The first error stays the one that the run ends with. */
async function endFailed(run: Run, error: unknown): Promise<void> {
  const failure = describeFailure(error);
  const canceled = isCancellation(error);
  run.tracker.finish(canceled ? 'Canceled' : failure.type);
  await record(run, { outcome: canceled ? 'Canceled' : 'Failed', message: failure.message, failure }).catch(
    () => undefined,
  );
}
