import { isCancellation } from '@temporalio/workflow';
import { MaintenanceMode, type MaintenanceRequest, resolveMaintenance } from '../../api/care-request.ts';
import { CareTask } from '../../api/kopia-repository.ts';
import { describeFailure, parseInput } from '../run-failure.ts';
import { type CareDone, type CareRun, runCare } from './care-run.ts';
import { CarePhase, type CarePlan, type MaintenanceResult } from './contract.ts';
import { injectRepository, type RepositoryVolume } from './inject-repository.ts';

/** How long a run waits for another that cares for the same repository, seconds: the next quick one comes in an hour anyway. */
const LOCK_PATIENCE = { Quick: 0, Full: 6 * 3600 } as const;

const YIELD_PATIENCE = { Quick: 300, Full: 3600 } as const;

const TASK = { Quick: CareTask.quickMaintenance, Full: CareTask.fullMaintenance } as const;

/** Maintains one repository: own the maintenance, run Kopia in a Job of its own, and have another process prove that it ran. */
export async function maintainRepository(input: MaintenanceRequest): Promise<MaintenanceResult> {
  const request = parseInput(resolveMaintenance, input);
  const { repository, declaredBy } = request;
  const mode = declaredBy ? MaintenanceMode.Full : request.mode;
  const what = declaredBy
    ? `maintenance of ${repository} as KopiaMaintenance ${declaredBy.namespace}/${declaredBy.name} declares it`
    : `${mode.toLowerCase()} maintenance of ${repository}`;
  const patience = { lockPatience: LOCK_PATIENCE[mode], yieldPatience: YIELD_PATIENCE[mode] };
  return await runCare({ repository, declaredBy, task: TASK[mode], what, ...patience }, (run) =>
    declaredBy ? quickThenFull(run) : maintainAndMeasure(run, mode),
  );
}

async function maintainAndMeasure(run: CareRun, mode: MaintenanceMode): Promise<CareDone> {
  const message = await maintain(run, mode);
  if (mode === 'Quick') return { message };
  const known = { repository: run.step.repository, expectedUniqueId: run.plan.repositoryUniqueId };
  return { message, content: await run.tracker.phase(CarePhase.Measure, () => run.steps.measureContent(known)) };
}

/** As in VolSync's mover a quick one that fails is told, and the full one decides (compatibility.md 4.8). */
async function quickThenFull(run: CareRun): Promise<CareDone> {
  const quick = await maintain(run, 'Quick').catch((error: unknown) => {
    if (isCancellation(error)) throw error;
    const { type, message } = describeFailure(error);
    run.tracker.note('quick maintenance failed', `${type}: ${message}`);
    return `quick maintenance failed (${type}: ${message})`;
  });
  return { message: `${quick}; ${await maintain(run, 'Full')}` };
}

/** One maintenance, proven. Returns what it did as one sentence. */
async function maintain({ step, steps, tracker, plan }: CareRun, mode: MaintenanceMode): Promise<string> {
  const known = { repository: step.repository, expectedUniqueId: plan.repositoryUniqueId };
  const before = await tracker.phase(CarePhase.Prepare, () => steps.prepareMaintenance(known));
  if (before.previousOwner) tracker.note('taken over from', before.previousOwner);
  const volume = volumeOf(plan);
  const built = await steps.buildMaintenanceJob({ ...step, task: TASK[mode], plan });
  const job = volume ? injectRepository(built, volume) : built;
  await tracker.phase(CarePhase.Mover, () => steps.runMaintenance({ ...step, job }));
  const since = before.lastTaskStart ? { lastTaskStart: before.lastTaskStart } : {};
  const { tasks } = await tracker.phase(CarePhase.Prove, () => steps.proveMaintenance({ ...known, mode, ...since }));
  tracker.note('tasks', tasks);
  const taken = before.previousOwner ? `; taken over from ${before.previousOwner}` : '';
  return `${mode.toLowerCase()} maintenance of ${step.repository} ran (${tasks} tasks)${taken}`;
}

/** Undefined for an object store: nothing is mounted. */
const volumeOf = ({ place }: CarePlan): RepositoryVolume | undefined => {
  if (place.kind === 'Store') return undefined;
  return place.nfs ? { nfs: place.nfs } : { claimName: place.claim ?? '' };
};
