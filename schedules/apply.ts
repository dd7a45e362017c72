import { ScheduleAlreadyRunning, type ScheduleClient, ScheduleNotFoundError } from '@temporalio/client';
import { readSchedule } from './current.ts';
import { inParallel } from './in-parallel.ts';
import { ChangeKind, type ScheduleChange, type SchedulePlan } from './plan.ts';
import { type DesiredSchedule, ownNote } from './settings.ts';
import { creationOf, definitionOf } from './temporal-options.ts';

/** A thousand new schedules take seconds instead of minutes, and the server stays free for others. */
const CHANGES_AT_ONCE = 8;

/** The plan says that it must not be applied; nothing was changed. */
export class PlanRefused extends Error {
  override readonly name = 'PlanRefused';
  constructor(reason: string) {
    super(`the plan is refused because ${reason}; nothing was changed`);
  }
}

export interface AppliedChange {
  readonly change: ScheduleChange;
  /** Absent when it was done. */
  readonly error?: string;
}

/**
 * Carries out a plan in the order of its kinds, some changes of one kind at a time. Every change is idempotent, so a plan that was cut off is simply made and applied
 * again. One schedule that fails does not stop the others; its error is in the answer. Throws {@link PlanRefused}, and the
 * client's error when Temporal itself does not answer.
 */
export async function applyPlan(
  client: ScheduleClient,
  plan: SchedulePlan,
  onApplied: (applied: AppliedChange) => void = () => undefined,
): Promise<AppliedChange[]> {
  if (plan.refusal !== undefined) throw new PlanRefused(plan.refusal);
  const done: AppliedChange[] = [];
  for (const kind of Object.values(ChangeKind)) {
    const changes = plan.changes.filter((change) => change.kind === kind);
    const applied = await inParallel(changes, CHANGES_AT_ONCE, async (change) => {
      const outcome = await tryChange(client, change);
      onApplied(outcome);
      return outcome;
    });
    done.push(...applied);
  }
  return done;
}

async function tryChange(client: ScheduleClient, change: ScheduleChange): Promise<AppliedChange> {
  try {
    await applyChange(client, change);
    return { change };
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return { change, error: describeError(error) };
  }
}

async function applyChange(client: ScheduleClient, change: ScheduleChange): Promise<void> {
  const handle = client.getHandle(change.scheduleId);
  switch (change.kind) {
    case ChangeKind.Create:
      return await createSchedule(client, change.desired);
    case ChangeKind.Update:
      return await updateSchedule(client, change.desired);
    case ChangeKind.Pause:
      return await handle.pause(ownNote(change.because));
    case ChangeKind.Unpause:
      return await handle.unpause(ownNote('the declaration does not hold it any more'));
    case ChangeKind.Delete:
      return await deleteSchedule(client, change.scheduleId);
  }
}

/** Somebody was faster: theirs is brought to what is declared if it carries our mark, and left alone otherwise. */
async function createSchedule(client: ScheduleClient, desired: DesiredSchedule): Promise<void> {
  try {
    await client.create(creationOf(desired));
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const existing = await readSchedule(client, desired.scheduleId);
    if (existing && !existing.owned)
      throw new Error('a schedule of this id exists that Stowage did not make', { cause: error });
    await updateSchedule(client, desired);
    if (desired.pausedBecause !== undefined && !existing?.paused) {
      await client.getHandle(desired.scheduleId).pause(ownNote(desired.pausedBecause));
    }
  }
}

/** Changes what is declared; the state (paused, by whom, actions left) is an operator's or another change's. */
async function updateSchedule(client: ScheduleClient, desired: DesiredSchedule): Promise<void> {
  await client.getHandle(desired.scheduleId).update(({ state }) => ({
    ...definitionOf(desired.settings),
    state: {
      paused: state.paused,
      ...(state.note !== undefined && { note: state.note }),
      ...(state.remainingActions !== undefined && { remainingActions: state.remainingActions }),
    },
  }));
}

async function deleteSchedule(client: ScheduleClient, id: string): Promise<void> {
  try {
    await client.getHandle(id).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** gRPC's UNAVAILABLE: the next change would fare no better. */
const UNAVAILABLE = 14;

function isUnavailable(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return code === UNAVAILABLE || cause?.code === UNAVAILABLE;
}

/** The server's own words lie one level deeper than the client's "Failed to create schedule". */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details = (error.cause as { details?: unknown } | undefined)?.details;
  return typeof details === 'string' && details ? `${error.message}: ${details}` : error.message;
}
