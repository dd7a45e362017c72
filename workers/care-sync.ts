import type { ScheduleClient } from '@temporalio/client';
import type { ScheduleReport } from '../activities/ports/orchestrator.ts';
import type { DeclaredRepository } from '../api/kopia-repository.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import { applyPlan } from '../schedules/apply.ts';
import { desiredCare } from '../schedules/care.ts';
import { readCurrentSchedules } from '../schedules/current.ts';
import { desiredDrills } from '../schedules/drills.ts';
import { planSchedules } from '../schedules/plan.ts';
import type { DesiredSchedule } from '../schedules/settings.ts';
import { isCareId } from '../workflows/care/contract.ts';
import { isDrillId } from '../workflows/drill/contract.ts';

/** See Orchestrator.syncCare. Throws the client's errors when Temporal does not answer. */
export const syncCare = (
  client: ScheduleClient,
  repositories: readonly DeclaredRepository[],
): Promise<ScheduleReport> => sync(client, desiredCare(repositories), isCareId);

/** See Orchestrator.syncDrills. Throws the client's errors when Temporal does not answer. */
export const syncDrills = (
  client: ScheduleClient,
  sources: readonly DeclaredSource[],
  repositories: readonly DeclaredRepository[],
): Promise<ScheduleReport> => sync(client, desiredDrills(sources, repositories), isDrillId);

/** Schedules that start no backup: one that is made again has lost nothing, so no bound on deletions is needed. */
async function sync(
  client: ScheduleClient,
  desired: readonly DesiredSchedule[],
  isOfKind: (scheduleId: string) => boolean,
): Promise<ScheduleReport> {
  const ids = desired.map(({ scheduleId }) => scheduleId);
  const current = await readCurrentSchedules(client, ids, isOfKind);
  const plan = planSchedules(desired, current, { mode: 'Allow', atMost: 0 });
  const applied = await applyPlan(client, plan);
  const failed = applied.flatMap(({ change, error }) =>
    error === undefined ? [] : [[change.scheduleId, error] as const],
  );
  const foreign = plan.foreign.map((id) => [id, `a schedule '${id}' exists that Stowage did not make`] as const);
  return { changes: applied.length - failed.length, failed: new Map([...failed, ...foreign]) };
}
