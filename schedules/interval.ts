import type { CronSchedule } from '../api/cron-schedule.ts';

const MINUTES_PER_DAY = 1440;

/** Long enough to see every pattern of months, weekdays and one leap year. */
const DAYS_OBSERVED = 4 * 366;

/** A leap year's first day, so that a schedule for 29 February is seen within the observed days. */
const FIRST_DAY = Date.UTC(2024, 0, 1);

/**
 * The longest time between two ticks, seconds; time zones' clock changes don't count. As a catch-up window it lets exactly
 * one missed tick through after an outage of any length: the server drops what is older than the window, and overlap
 * SKIP drops the others that an irregular expression leaves inside it (they are handed out together with the first).
 */
export function longestIntervalSeconds(cron: CronSchedule): number {
  const times = cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 60 + minute));
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const days = matchingDays(cron);
  // An expression that never matches (30 February) has no interval: a day is as good as any.
  if (days.length === 0) return MINUTES_PER_DAY * 60;
  const withinDay = longestGap(times);
  const betweenDays = days.length > 1 ? longestGap(days) : DAYS_OBSERVED;
  const overNight = betweenDays * MINUTES_PER_DAY - last + first;
  return Math.max(withinDay, overNight) * 60;
}

function matchingDays(cron: CronSchedule): number[] {
  return Array.from({ length: DAYS_OBSERVED }, (_, index) => index).filter((index) => {
    const date = new Date(FIRST_DAY + index * MINUTES_PER_DAY * 60_000);
    const dayOfMonth = cron.daysOfMonth.includes(date.getUTCDate());
    const dayOfWeek = cron.daysOfWeek.includes(date.getUTCDay());
    const day = cron.eitherDay ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek;
    return day && cron.months.includes(date.getUTCMonth() + 1);
  });
}

const longestGap = (sorted: readonly number[]): number =>
  sorted.slice(1).reduce((longest, value, index) => Math.max(longest, value - (sorted[index] ?? value)), 0);
