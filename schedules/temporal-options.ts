import type { CalendarSpec, DayOfWeek, Month, ScheduleOptions, ScheduleUpdateOptions } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { ownershipMemo } from './ids.ts';
import { type CalendarTimes, type DesiredSchedule, ownNote, type ScheduleSettings } from './settings.ts';

export const MONTH_NAMES: readonly Month[] = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
];

export const WEEKDAY_NAMES: readonly DayOfWeek[] = [
  'SUNDAY',
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
];

/** What the declaration decides, as the client wants it; the state is the caller's. */
export function definitionOf(settings: ScheduleSettings): Omit<ScheduleUpdateOptions, 'state'> {
  const searchAttributes = attributePairs(settings.searchAttributes);
  return {
    spec: { calendars: settings.calendars.map(calendarSpec), timezone: settings.timeZone },
    policies: {
      overlap: 'SKIP',
      catchupWindow: settings.catchUpSeconds * 1000,
      pauseOnFailure: settings.pauseOnFailure,
    },
    action: {
      type: 'startWorkflow',
      workflowType: settings.workflowType,
      workflowId: settings.workflowId,
      taskQueue: settings.taskQueue,
      args: [settings.request],
      typedSearchAttributes: searchAttributes,
      staticSummary: settings.summary,
      staticDetails: settings.details,
    },
    typedSearchAttributes: searchAttributes,
  };
}

/** A new schedule, with our mark and the declared state. */
export function creationOf({ scheduleId, settings, pausedBecause, startAtOnce }: DesiredSchedule): ScheduleOptions {
  return {
    scheduleId,
    ...definitionOf(settings),
    memo: { ...ownershipMemo },
    state:
      pausedBecause === undefined
        ? { triggerImmediately: startAtOnce }
        : { paused: true, note: ownNote(pausedBecause) },
  };
}

export const attributePairs = (attributes: Readonly<Record<string, string>>): SearchAttributePair[] =>
  Object.entries(attributes).map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value }));

const calendarSpec = (times: CalendarTimes): CalendarSpec => ({
  second: ranges(times.second),
  minute: ranges(times.minute),
  hour: ranges(times.hour),
  dayOfMonth: ranges(times.dayOfMonth),
  month: ranges(times.month).map((range) => ({
    start: MONTH_NAMES[range.start - 1]!,
    end: MONTH_NAMES[range.end - 1]!,
    step: range.step,
  })),
  dayOfWeek: ranges(times.dayOfWeek).map((range) => ({
    start: WEEKDAY_NAMES[range.start]!,
    end: WEEKDAY_NAMES[range.end]!,
    step: range.step,
  })),
  comment: times.comment,
});

interface NumberRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Sorted numbers as few ranges, so that the UI shows `0-23` and `every 15` instead of a list. */
export function ranges(values: readonly number[]): NumberRange[] {
  const found: NumberRange[] = [];
  for (let from = 0; from < values.length; ) {
    const start = values[from]!;
    const step = (values[from + 1] ?? start + 1) - start;
    let to = from;
    while (values[to + 1] === values[to]! + step) to++;
    // Two numbers with a gap read better one by one than as a range with a step.
    if (to === from + 1 && step > 1) to = from;
    const end = values[to]!;
    found.push({ start, end, step: end > start ? step : 1 });
    from = to + 1;
  }
  return found;
}
