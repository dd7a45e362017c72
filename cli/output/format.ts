import prettyBytes from 'pretty-bytes';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1.23 GB`, decimal as Kopia counts; `-` when not known. */
export const bytes = (count: number | undefined): string => (count === undefined ? '-' : prettyBytes(count));

/** Whole numbers with thousands' separators. */
export const count = (number: number): string => number.toLocaleString('en');

/** `820 ms`, `12.3 s`, `4 min 5 s`, `2 h 10 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10 * SECOND) return `${(milliseconds / SECOND).toFixed(2)} s`;
  if (milliseconds < MINUTE) return `${(milliseconds / SECOND).toFixed(1)} s`;
  if (milliseconds < HOUR) return pair(milliseconds, MINUTE, 'min', SECOND, 's');
  return milliseconds < DAY ? pair(milliseconds, HOUR, 'h', MINUTE, 'min') : pair(milliseconds, DAY, 'd', HOUR, 'h');
}

/** How long ago, or how long until: `3 min ago`, `in 12 min`. */
export function age(then: Date, now: Date): string {
  const passed = now.getTime() - then.getTime();
  const text = coarse(Math.abs(passed));
  if (text === '0 s') return 'now';
  return passed > 0 ? `${text} ago` : `in ${text}`;
}

/** `2026-11-23 12:00:05 UTC`. */
export const time = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** An RFC 3339 text as a date; undefined when it is none. */
export function parseTime(text: string | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function pair(milliseconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const first = Math.floor(milliseconds / large);
  const second = Math.floor((milliseconds % large) / small);
  return second === 0 ? `${first} ${largeName}` : `${first} ${largeName} ${second} ${smallName}`;
}

function coarse(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s`;
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} d`;
}
