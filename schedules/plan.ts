import { type CurrentSchedule, type DesiredSchedule, differingPaths, isOperatorPause } from './settings.ts';

/** In the order in which they are applied: first what stops work, last what can't be taken back. */
export const ChangeKind = {
  Pause: 'Pause',
  Update: 'Update',
  Unpause: 'Unpause',
  Create: 'Create',
  Delete: 'Delete',
} as const;
export type ChangeKind = (typeof ChangeKind)[keyof typeof ChangeKind];

export type ScheduleChange =
  | { readonly kind: 'Create'; readonly scheduleId: string; readonly desired: DesiredSchedule }
  | {
      readonly kind: 'Update';
      readonly scheduleId: string;
      readonly desired: DesiredSchedule;
      /** Paths of the settings that are not as declared. */
      readonly differing: readonly string[];
    }
  | { readonly kind: 'Pause'; readonly scheduleId: string; readonly because: string }
  | { readonly kind: 'Unpause'; readonly scheduleId: string }
  | { readonly kind: 'Delete'; readonly scheduleId: string };

/** What may happen to owned schedules that nothing declares any more. */
export interface DeletionPolicy {
  /** `Keep` deletes none, `Bounded` refuses a plan beyond the limits, `Allow` is a person's word. */
  readonly mode: 'Keep' | 'Bounded' | 'Allow';
  /** Bounded: the most that one plan may delete. */
  readonly atMost: number;
}

/**
 * Ten: a person removes a handful of applications at a time; an empty folder, a wrong path or a half-read cluster
 * removes nearly all. Deleting all of them is refused too, however few there are.
 */
export const DEFAULT_DELETIONS: DeletionPolicy = { mode: 'Bounded', atMost: 10 };

export interface SchedulePlan {
  readonly changes: readonly ScheduleChange[];
  readonly unchanged: readonly string[];
  /** Declared to run, but an operator paused them: left so. */
  readonly heldByOperator: readonly { readonly scheduleId: string; readonly note: string }[];
  /** Declared, but a schedule of that id exists that Stowage did not make: left alone. */
  readonly foreign: readonly string[];
  /** Owned, not declared, and kept because of the policy's mode. */
  readonly surplus: readonly string[];
  /** Set when nothing of the plan may be applied: it would delete too much. */
  readonly refusal?: string;
}

/** What has to change so that the owned schedules are as declared. Pure; an unchanged world gives a plan without changes. */
export function planSchedules(
  desired: readonly DesiredSchedule[],
  current: readonly CurrentSchedule[],
  deletions: DeletionPolicy = DEFAULT_DELETIONS,
): SchedulePlan {
  const found = new Map(current.map((schedule) => [schedule.scheduleId, schedule]));
  const wanted = new Set(desired.map(({ scheduleId }) => scheduleId));
  const ours = desired.filter(({ scheduleId }) => found.get(scheduleId)?.owned !== false);
  const surplus = current.filter(({ owned, scheduleId }) => owned && !wanted.has(scheduleId)).map((s) => s.scheduleId);
  const removed = deletions.mode === 'Keep' ? [] : surplus;

  const changes = [
    ...ours.flatMap((schedule) => changesOf(schedule, found.get(schedule.scheduleId))),
    ...removed.map((scheduleId): ScheduleChange => ({ kind: ChangeKind.Delete, scheduleId })),
  ];
  const changing = new Set(changes.map(({ scheduleId }) => scheduleId));
  const ownedCount = current.filter(({ owned }) => owned).length;
  const refusal = refusalOf(removed.length, ownedCount, deletions);
  return {
    changes: inOrder(changes),
    unchanged: ours.map(({ scheduleId }) => scheduleId).filter((id) => !changing.has(id)),
    heldByOperator: ours.flatMap(({ scheduleId, pausedBecause }) => {
      const existing = found.get(scheduleId);
      const held = existing && pausedBecause === undefined && isOperatorPause(existing);
      return held ? [{ scheduleId, note: existing.note }] : [];
    }),
    foreign: desired.map(({ scheduleId }) => scheduleId).filter((id) => found.get(id)?.owned === false),
    surplus: deletions.mode === 'Keep' ? surplus : [],
    ...(refusal !== undefined && { refusal }),
  };
}

function changesOf(desired: DesiredSchedule, current: CurrentSchedule | undefined): ScheduleChange[] {
  const { scheduleId, pausedBecause } = desired;
  if (!current) return [{ kind: ChangeKind.Create, scheduleId, desired }];
  const differing = differingPaths(desired.settings, current.settings);
  const changes: ScheduleChange[] = [];
  if (differing.length > 0) changes.push({ kind: ChangeKind.Update, scheduleId, desired, differing });
  if (pausedBecause !== undefined && !current.paused) {
    changes.push({ kind: ChangeKind.Pause, scheduleId, because: pausedBecause });
  }
  // Only our own pause is taken back: spec.paused and a pause by hand are two different facts.
  if (pausedBecause === undefined && current.paused && !isOperatorPause(current)) {
    changes.push({ kind: ChangeKind.Unpause, scheduleId });
  }
  return changes;
}

function refusalOf(removed: number, owned: number, { mode, atMost }: DeletionPolicy): string | undefined {
  if (mode !== 'Bounded' || removed === 0) return undefined;
  if (removed === owned) return `it would delete all ${owned} schedules`;
  if (removed > atMost) return `it would delete ${removed} of ${owned} schedules, more than ${atMost} at once`;
  return undefined;
}

const ORDER: readonly ChangeKind[] = Object.values(ChangeKind);

function inOrder(changes: readonly ScheduleChange[]): ScheduleChange[] {
  return ORDER.flatMap((kind) =>
    changes.filter((change) => change.kind === kind).sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1)),
  );
}
