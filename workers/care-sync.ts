import type { ScheduleClient } from '@temporalio/client';
import type { ScheduledMaintenance, ScheduleReport, SourceRef } from '../activities/ports/orchestrator.ts';
import type { DeclaredRepository } from '../api/kopia-repository.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import { applyPlan } from '../schedules/apply.ts';
import { desiredCare } from '../schedules/care.ts';
import { readCurrentSchedules } from '../schedules/current.ts';
import { desiredDrills } from '../schedules/drills.ts';
import { desiredMaintenance } from '../schedules/maintenance.ts';
import { planSchedules } from '../schedules/plan.ts';
import type { DesiredSchedule } from '../schedules/settings.ts';
import { declaredMaintenanceId, isCareId, isDeclaredMaintenanceId } from '../workflows/care/contract.ts';
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

/** See Orchestrator.syncMaintenance. Throws the client's errors when Temporal does not answer. */
export async function syncMaintenance(
  client: ScheduleClient,
  wanted: readonly ScheduledMaintenance[],
  keep: readonly SourceRef[],
): Promise<ScheduleReport> {
  const kept = new Set(keep.map(({ namespace, name }) => declaredMaintenanceId(namespace, name)));
  const isOfKind = (id: string): boolean => isDeclaredMaintenanceId(id) && !kept.has(id);
  return await sync(client, desiredMaintenance(wanted), isOfKind);
}

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
    error === undefined ? [] : [[keyOf(change.scheduleId), error] as const],
  );
  const foreign = plan.foreign.map((id) => [keyOf(id), `a schedule '${id}' exists that Stowage did not make`] as const);
  return { changes: applied.length - failed.length, failed: new Map([...failed, ...foreign]) };
}

/** `namespace/name`: what comes before it says the kind of work. */
const keyOf = (scheduleId: string): string => scheduleId.slice(scheduleId.indexOf('/') + 1);
