import { CancellationScope, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { MaintenanceDeclarer } from '../../api/care-request.ts';
import type { CareTask } from '../../api/kopia-repository.ts';
import type { PhaseTiming } from '../progress.ts';
import { describeFailure, endingFailure } from '../run-failure.ts';
import { type RunTracker, trackRun } from '../run-tracker.ts';
import { CarePhase, type CarePlan, type CareRecord, type CareStep } from './contract.ts';
import { withRepositoryLock } from './lock.ts';
import { type CareSteps, careSteps } from './steps.ts';

/** Between two looks whether restores are still under way, seconds. */
const YIELD_PAUSE = 30;

export interface CareOptions {
  readonly repository: string;
  readonly task: CareTask;
  readonly declaredBy?: MaintenanceDeclarer | undefined;
  /** For people: `full maintenance of kopia`. */
  readonly what: string;
  /** How long another run of care is waited for, seconds. */
  readonly lockPatience: number;
  /** How long restores are waited for, seconds: then it goes on beside them, which harms neither. */
  readonly yieldPatience: number;
}

/** A run of care, as its work sees it. */
export interface CareRun {
  readonly step: CareStep;
  readonly steps: CareSteps;
  readonly tracker: RunTracker;
  readonly plan: CarePlan;
}

/** What the work says at its end; a failure that still has something to record throws {@link CareFinding}. */
export type CareDone = Omit<CareRecord, 'outcome' | 'finishedAt' | 'durationSeconds' | 'failure'>;

export type CareResult = CareDone & {
  readonly outcome: 'Succeeded' | 'Skipped';
  readonly repository: string;
  readonly phases: readonly PhaseTiming[];
};

/** The work came to its end, and what it found is a failure of the repository. */
export class CareFinding extends Error {
  readonly failure: Error;
  readonly done: CareDone;
  constructor(failure: Error, done: CareDone) {
    super(failure.message);
    this.failure = failure;
    this.done = done;
  }
}

/**
 * The frame of every run of care: what is declared, the repository for this run alone, restores first, the work, what was
 * left of Jobs, and the record. Ends as failed with a FailureType; nothing of the run is left.
 */
export async function runCare(options: CareOptions, work: (run: CareRun) => Promise<CareDone>): Promise<CareResult> {
  const { workflowId, runId } = workflowInfo();
  const { repository, task, declaredBy, what, lockPatience } = options;
  const step: CareStep = { run: { workflowId, runId }, repository, task, ...(declaredBy ? { declaredBy } : {}) };
  const steps = careSteps(repository, what);
  const tracker = trackRun({ title: `${what[0]?.toUpperCase()}${what.slice(1)}`, repository });
  const startedAt = Date.now();
  const record = (ended: Omit<CareRecord, 'finishedAt' | 'durationSeconds'>): Promise<void> => {
    const durationSeconds = Math.round((Date.now() - startedAt) / 100) / 10;
    const whole = { ...ended, finishedAt: new Date().toISOString(), durationSeconds };
    return tracker.phase(CarePhase.Record, () => steps.record({ ...step, record: whole }));
  };
  const end = async (outcome: CareResult['outcome'], done: CareDone): Promise<CareResult> => {
    await record({ outcome, ...done });
    tracker.finish(outcome);
    return { outcome, ...done, repository, phases: tracker.timings };
  };
  try {
    const plan = await tracker.phase(CarePhase.Preflight, () => steps.plan(step));
    const run: CareRun = { step, steps, tracker, plan };
    const done = await withRepositoryLock(repository, lockPatience, () => alone(run, options, work));
    // Another run cares for the repository all this time: no failure, and its own record says how it went.
    if (done === undefined)
      return await end('Skipped', { message: `${what} was left out: another run cares for the repository` });
    return await end('Succeeded', done);
  } catch (error) {
    const found = error instanceof CareFinding ? error : undefined;
    const cause = found?.failure ?? error;
    tracker.failed(cause);
    const failure = describeFailure(cause);
    const canceled = isCancellation(cause);
    tracker.finish(canceled ? 'Canceled' : failure.type);
    // The first error stays the one that the run ends with.
    await CancellationScope.nonCancellable(() =>
      record({ message: failure.message, ...found?.done, outcome: canceled ? 'Canceled' : 'Failed', failure }),
    ).catch(() => undefined);
    throw endingFailure(cause);
  }
}

/** Everything that needs the repository to itself, clean-up included: the next run finds no Job of this one. */
async function alone(
  run: CareRun,
  { repository, yieldPatience }: CareOptions,
  work: (run: CareRun) => Promise<CareDone>,
): Promise<CareDone> {
  const { step, steps, tracker } = run;
  try {
    // What a run left that was terminated: proven gone before this one begins (faults.md A10).
    await steps.cleanUp(step);
    await tracker.phase(CarePhase.Yield, () => giveWay(repository, steps, yieldPatience));
    return await work(run);
  } finally {
    await CancellationScope.nonCancellable(() => tracker.phase(CarePhase.CleanUp, () => steps.cleanUp(step)));
  }
}

async function giveWay(repository: string, steps: CareSteps, patienceSeconds: number): Promise<void> {
  for (let waited = 0; waited < patienceSeconds; waited += YIELD_PAUSE) {
    const restores = await steps.countRestores({ repository });
    if (restores === 0) return;
    await sleep(YIELD_PAUSE * 1000, { summary: `${restores} restores go first` });
  }
}
