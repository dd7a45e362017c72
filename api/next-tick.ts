import { Cron } from 'croner';
import type { CronSchedule } from './cron-schedule.ts';

/** The first time after `after` at which the expression matches; undefined when it never does (31 February). Pure. */
export function nextTick(cron: CronSchedule, after: Date): Date | undefined {
  return new Cron(expressionOf(cron), { timezone: cron.timeZone }).nextRun(after) ?? undefined;
}

/** Numbers only: the library reads some of cron's shorthands (`5/15`) otherwise than VolSync does. */
function expressionOf({ minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay }: CronSchedule): string {
  // With both day fields restricted a day counts when either matches; that rule of cron is the library's default too.
  const days = eitherDay || daysOfMonth.length < 31 ? daysOfMonth.join(',') : '*';
  const weekdays = eitherDay || daysOfWeek.length < 7 ? daysOfWeek.join(',') : '*';
  return `${minutes.join(',')} ${hours.join(',')} ${days} ${months.join(',')} ${weekdays}`;
}
