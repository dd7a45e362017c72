import type { ScheduleClient } from '@temporalio/client';
import type { ScheduledSource, SourceRef, SourceScheduleReport } from '../activities/ports/orchestrator.ts';
import { applyPlan } from '../schedules/apply.ts';
import { readCurrentSchedules, readSchedule } from '../schedules/current.ts';
import { desiredSchedules } from '../schedules/desired.ts';
import { scheduleId } from '../schedules/ids.ts';
import { inParallel } from '../schedules/in-parallel.ts';
import { DEFAULT_DELETIONS, planSchedules, type SchedulePlan } from '../schedules/plan.ts';
import type { CurrentSchedule } from '../schedules/settings.ts';

/** Descriptions read at the same time when only some schedules are looked at. */
const READS_AT_ONCE = 16;

/** Plans and applies; see Orchestrator.syncSchedules. Throws the client's errors when Temporal does not answer. */
export async function syncSchedules(
  client: ScheduleClient,
  sources: readonly ScheduledSource[],
  complete: { readonly keep: readonly SourceRef[] } | undefined,
): Promise<SourceScheduleReport> {
  const holds = new Map(
    sources.flatMap(({ source, held }) =>
      held === undefined ? [] : [[scheduleId(source.namespace, source.name), held] as const],
    ),
  );
  const desired = desiredSchedules(
    sources.map(({ source }) => source),
    { startAtOnce: false, declared: true, holds },
  );
  const ids = sources.map(({ source }) => scheduleId(source.namespace, source.name));
  const { plan, undeclared } = complete
    ? await planComplete(client, desired, ids, complete.keep)
    : // A source that declares no times any more has no schedule: that one goes, and no other.
      { plan: planSchedules(desired, await readThese(client, ids), { mode: 'Allow', atMost: 0 }), undeclared: [] };
  const { refusal, ...rest } = plan;
  // What may not be deleted does not keep the rest from being done.
  const allowed: SchedulePlan = refusal
    ? { ...rest, changes: plan.changes.filter(({ kind }) => kind !== 'Delete') }
    : plan;
  const applied = await applyPlan(client, allowed);
  const deleted = new Set(allowed.changes.filter(({ kind }) => kind === 'Delete').map((change) => change.scheduleId));
  return {
    changes: applied.filter(({ error }) => error === undefined).length,
    failed: failuresOf(applied, plan.foreign),
    left: new Set(undeclared.filter((id) => !deleted.has(id)).map(keyOf)),
  };
}

async function planComplete(
  client: ScheduleClient,
  desired: ReturnType<typeof desiredSchedules>,
  ids: readonly string[],
  keep: readonly SourceRef[],
): Promise<{ readonly plan: SchedulePlan; readonly undeclared: readonly string[] }> {
  const kept = new Set(keep.map(({ namespace, name }) => scheduleId(namespace, name)));
  const found = await readCurrentSchedules(client, ids);
  const declared = new Set(ids);
  const undeclared = found
    .filter(({ owned, scheduleId: id }) => owned && !declared.has(id))
    .map((one) => one.scheduleId);
  const current = found.filter((schedule) => !kept.has(schedule.scheduleId));
  return { plan: planSchedules(desired, current, DEFAULT_DELETIONS), undeclared };
}

async function readThese(client: ScheduleClient, ids: readonly string[]): Promise<CurrentSchedule[]> {
  const found = await inParallel(ids, READS_AT_ONCE, (id) => readSchedule(client, id));
  return found.filter((schedule) => schedule !== undefined);
}

/** `namespace/name`: a schedule's id is `backup/<namespace>/<source>`. */
const keyOf = (id: string): string => id.slice(scheduleId('', '').indexOf('/') + 1);

/** By `namespace/name`. */
function failuresOf(
  applied: Awaited<ReturnType<typeof applyPlan>>,
  foreign: readonly string[],
): ReadonlyMap<string, string> {
  const failed = applied.flatMap(({ change, error }) =>
    error === undefined ? [] : [[keyOf(change.scheduleId), error] as const],
  );
  const others = foreign.map(
    (id) =>
      [
        keyOf(id),
        `a schedule '${id}' exists that Stowage did not make: rename or delete it, it is left alone`,
      ] as const,
  );
  return new Map([...failed, ...others]);
}
