import type { CronSchedule } from '../api/cron-schedule.ts';
import { shortHash } from '../api/names.ts';

/**
 * Over how many seconds the sources of one tick are spread. 120 because it is the smallest round bound with which a
 * thousand hourly sources start at fewer than ten runs a second, what one worker orchestrates (design.md, Budget), while
 * `0 * * * *` still means "at the beginning of the hour" to a person.
 */
export const DEFAULT_SPREAD_SECONDS = 120;

const MINUTES_PER_HOUR = 60;
const SECONDS_PER_MINUTE = 60;

/**
 * How many seconds after its cron time a schedule runs. Stable: it follows from the id alone, so that a source keeps its
 * place for ever and the UI shows the true time (Temporal's own jitter differs from tick to tick). Bounded by the setting
 * and by what is left of the hour after the last minute of the expression: so the offset never carries into an hour or a
 * day that the expression excludes.
 */
export function spreadOffsetSeconds(id: string, cron: CronSchedule, spreadSeconds: number): number {
  const leftInHour = (MINUTES_PER_HOUR - (cron.minutes.at(-1) ?? 0)) * SECONDS_PER_MINUTE;
  const bound = Math.min(spreadSeconds, leftInHour);
  return bound < 1 ? 0 : Number.parseInt(shortHash(id), 16) % bound;
}

/** Second and minutes of a cron schedule moved by an offset of {@link spreadOffsetSeconds}. */
export function shiftedTimes(cron: CronSchedule, offsetSeconds: number): { second: number; minutes: number[] } {
  const minutes = Math.floor(offsetSeconds / SECONDS_PER_MINUTE);
  return { second: offsetSeconds % SECONDS_PER_MINUTE, minutes: cron.minutes.map((minute) => minute + minutes) };
}
