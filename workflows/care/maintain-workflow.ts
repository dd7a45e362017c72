import { type MaintenanceMode, type MaintenanceRequest, resolveMaintenance } from '../../api/care-request.ts';
import { CareTask } from '../../api/kopia-repository.ts';
import { parseInput } from '../run-failure.ts';
import { type CareDone, type CareRun, runCare } from './care-run.ts';
import { CarePhase, type CarePlan, type MaintenanceResult } from './contract.ts';
import { injectRepository, type RepositoryVolume } from './inject-repository.ts';

/** How long a run waits for another that cares for the same repository, seconds: the next quick one comes in an hour anyway. */
const LOCK_PATIENCE = { Quick: 0, Full: 6 * 3600 } as const;

const YIELD_PATIENCE = { Quick: 300, Full: 3600 } as const;

/** Maintains one repository: own the maintenance, run Kopia in a Job of its own, and have another process prove that it ran. */
export async function maintainRepository(input: MaintenanceRequest): Promise<MaintenanceResult> {
  const { repository, mode } = parseInput(resolveMaintenance, input);
  const options = {
    repository,
    task: mode === 'Full' ? CareTask.fullMaintenance : CareTask.quickMaintenance,
    what: `${mode.toLowerCase()} maintenance of ${repository}`,
    lockPatience: LOCK_PATIENCE[mode],
    yieldPatience: YIELD_PATIENCE[mode],
  };
  return await runCare(options, (run) => maintain(run, mode));
}

async function maintain({ step, steps, tracker, plan }: CareRun, mode: MaintenanceMode): Promise<CareDone> {
  const known = { repository: step.repository, expectedUniqueId: plan.repositoryUniqueId };
  const before = await tracker.phase(CarePhase.Prepare, () => steps.prepareMaintenance(known));
  if (before.previousOwner) tracker.note('taken over from', before.previousOwner);
  const volume = volumeOf(plan);
  const built = await steps.buildMaintenanceJob({ ...step, plan });
  const job = volume ? injectRepository(built, volume) : built;
  await tracker.phase(CarePhase.Mover, () => steps.runMaintenance({ ...step, job }));
  const since = before.lastTaskStart ? { lastTaskStart: before.lastTaskStart } : {};
  const { tasks } = await tracker.phase(CarePhase.Prove, () => steps.proveMaintenance({ ...known, mode, ...since }));
  tracker.note('tasks', tasks);
  const taken = before.previousOwner ? `; taken over from ${before.previousOwner}` : '';
  const message = `${mode.toLowerCase()} maintenance of ${step.repository} ran (${tasks} tasks)${taken}`;
  if (mode === 'Quick') return { message };
  return { message, content: await tracker.phase(CarePhase.Measure, () => steps.measureContent(known)) };
}

/** Undefined for an object store: nothing is mounted. */
const volumeOf = ({ place }: CarePlan): RepositoryVolume | undefined => {
  if (place.kind === 'Store') return undefined;
  return place.nfs ? { nfs: place.nfs } : { claimName: place.claim ?? '' };
};
