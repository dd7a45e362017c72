import type { ScheduleClient } from '@temporalio/client';
import type { ScheduleReport } from '../activities/ports/orchestrator.ts';
import type { DeclaredRepository } from '../api/kopia-repository.ts';
import { applyPlan } from '../schedules/apply.ts';
import { desiredCare } from '../schedules/care.ts';
import { readCurrentSchedules } from '../schedules/current.ts';
import { planSchedules } from '../schedules/plan.ts';
import { isCareId } from '../workflows/care/contract.ts';

/** Plans and applies; see Orchestrator.syncCare. Throws the client's errors when Temporal does not answer. */
export async function syncCare(
  client: ScheduleClient,
  repositories: readonly DeclaredRepository[],
): Promise<ScheduleReport> {
  const desired = desiredCare(repositories);
  const ids = desired.map(({ scheduleId }) => scheduleId);
  const current = await readCurrentSchedules(client, ids, isCareId);
  // A handful, and a schedule that is made again has lost nothing: no bound on deletions is needed.
  const plan = planSchedules(desired, current, { mode: 'Allow', atMost: 0 });
  const applied = await applyPlan(client, plan);
  const failed = applied.flatMap(({ change, error }) =>
    error === undefined ? [] : [[change.scheduleId, error] as const],
  );
  const foreign = plan.foreign.map((id) => [id, `a schedule '${id}' exists that Stowage did not make`] as const);
  return { changes: applied.length - failed.length, failed: new Map([...failed, ...foreign]) };
}
