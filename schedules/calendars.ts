import cronstrue from 'cronstrue';
import type { CronSchedule } from '../api/cron-schedule.ts';
import type { CalendarTimes } from './settings.ts';
import { shiftedTimes } from './spread.ts';

/** Every day of the month, and every day of the week: the unrestricted side of an either-day rule. */
const EVERY_DAY_OF_MONTH = Array.from({ length: 31 }, (_, index) => index + 1);
const EVERY_DAY_OF_WEEK = Array.from({ length: 7 }, (_, index) => index);

/**
 * Temporal's calendars want every field to match; cron takes either day field where both are restricted. So such an
 * expression becomes two calendars, whose times are united.
 */
export function calendarsOf(cron: CronSchedule, offset: number): CalendarTimes[] {
  const { second, minutes } = shiftedTimes(cron, offset);
  const calendar: CalendarTimes = {
    second: [second],
    minute: minutes,
    hour: cron.hours,
    dayOfMonth: cron.daysOfMonth,
    month: cron.months,
    dayOfWeek: cron.daysOfWeek,
    comment: `${inWords(cron)} (${cron.expression} ${cron.timeZone})${offset > 0 ? `, ${offset} s later to spread the load` : ''}`,
  };
  if (!cron.eitherDay) return [calendar];
  return [
    { ...calendar, dayOfWeek: EVERY_DAY_OF_WEEK },
    { ...calendar, dayOfMonth: EVERY_DAY_OF_MONTH },
  ];
}

/** The times as a person says them. */
export function inWords(cron: CronSchedule): string {
  return cronstrue.toString(cron.expression, { use24HourTimeFormat: true, throwExceptionOnParseError: false });
}
