import {
  type CalendarSpecDescription,
  type ScheduleClient,
  type ScheduleDescription,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { isBackupId, isOwned } from './ids.ts';
import { inParallel } from './in-parallel.ts';
import type { CalendarTimes, CurrentSchedule, ScheduleSettings } from './settings.ts';
import { MONTH_NAMES, WEEKDAY_NAMES } from './temporal-options.ts';

/** Descriptions read at the same time; a thousand take a few seconds and the server stays free for others. */
const READS_AT_ONCE = 16;

/**
 * The schedules of these ids, whoever made them, and every other schedule of the same kind (`isOfKind`) that Stowage made. By
 * id, because the list is eventually consistent: a schedule made a moment ago must not be made again. Throws the client's
 * errors.
 */
export async function readCurrentSchedules(
  client: ScheduleClient,
  desiredIds: readonly string[],
  isOfKind: (scheduleId: string) => boolean = isBackupId,
): Promise<CurrentSchedule[]> {
  const ids = new Set(desiredIds);
  for await (const summary of client.list()) {
    if (isOfKind(summary.scheduleId) && isOwned(summary.memo)) ids.add(summary.scheduleId);
  }
  const found = await inParallel([...ids].sort(), READS_AT_ONCE, (id) => readSchedule(client, id));
  return found.filter((schedule) => schedule !== undefined);
}

/** One schedule as it is; undefined when there is none of that id. */
export async function readSchedule(client: ScheduleClient, id: string): Promise<CurrentSchedule | undefined> {
  try {
    return currentSchedule(await client.getHandle(id).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** A description in the shape of the wanted schedules (pure). */
function currentSchedule(description: ScheduleDescription): CurrentSchedule {
  return {
    scheduleId: description.scheduleId,
    owned: isOwned(description.memo),
    settings: settingsOf(description),
    paused: description.state.paused,
    note: description.state.note ?? '',
  };
}

function settingsOf(description: ScheduleDescription): ScheduleSettings {
  const { spec, action, policies } = description;
  return {
    calendars: (spec.calendars ?? []).map(calendarTimes),
    timeZone: spec.timezone || 'UTC',
    overlap: policies.overlap ?? '',
    catchUpSeconds: policies.catchupWindow / 1000,
    pauseOnFailure: policies.pauseOnFailure,
    workflowType: action.workflowType,
    workflowId: action.workflowId ?? '',
    taskQueue: action.taskQueue,
    request: (action.args?.[0] ?? {}) as object,
    searchAttributes: attributesOf(action.typedSearchAttributes),
    summary: action.staticSummary ?? '',
    details: action.staticDetails ?? '',
    extras: extrasOf(description),
  };
}

function attributesOf(attributes: ScheduleDescription['action']['typedSearchAttributes']): Record<string, string> {
  const pairs = attributes instanceof TypedSearchAttributes ? attributes.getAll() : (attributes ?? []);
  return Object.fromEntries(pairs.map(({ key, value }) => [key.name, String(value)]));
}

/** What the declaration can't express, by name: an update removes it. A limit of remaining actions is an operator's state. */
function extrasOf({ spec, action }: ScheduleDescription): string[] {
  const extras: Readonly<Record<string, boolean>> = {
    intervals: (spec.intervals ?? []).length > 0,
    skip: (spec.skip ?? []).length > 0,
    startAt: spec.startAt !== undefined,
    endAt: spec.endAt !== undefined,
    jitter: (spec.jitter ?? 0) > 0,
    year: (spec.calendars ?? []).some(({ year }) => year.length > 0),
    args: (action.args ?? []).length > 1,
    retry: action.retry !== undefined,
    workflowExecutionTimeout: isSet(action.workflowExecutionTimeout),
    workflowRunTimeout: isSet(action.workflowRunTimeout),
  };
  return Object.keys(extras).filter((name) => extras[name]);
}

/** The server reads an unset time-out back as zero. */
const isSet = (duration: unknown): boolean => duration !== undefined && duration !== 0;

const calendarTimes = (calendar: CalendarSpecDescription): CalendarTimes => ({
  second: expand(calendar.second),
  minute: expand(calendar.minute),
  hour: expand(calendar.hour),
  dayOfMonth: expand(calendar.dayOfMonth),
  month: expand(calendar.month.map((range) => mapRange(range, (name) => MONTH_NAMES.indexOf(name) + 1))),
  dayOfWeek: expand(calendar.dayOfWeek.map((range) => mapRange(range, (name) => WEEKDAY_NAMES.indexOf(name)))),
  comment: calendar.comment ?? '',
});

interface Range<Unit> {
  readonly start: Unit;
  readonly end: Unit;
  readonly step: number;
}

const mapRange = <Unit>({ start, end, step }: Range<Unit>, number: (unit: Unit) => number): Range<number> => ({
  start: number(start),
  end: number(end),
  step,
});

/** Every number of the ranges, so that two ways of writing the same times are equal. */
function expand(ranges: readonly Range<number>[]): number[] {
  const values = new Set<number>();
  for (const { start, end, step } of ranges) {
    for (let value = start; value <= Math.max(start, end); value += Math.max(1, step)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}
