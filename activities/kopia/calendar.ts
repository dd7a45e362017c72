const DAY = 86_400_000;

const NANOS_PER_MILLISECOND = 1_000_000n;

/** ISO 8601 week of an instant in UTC (milliseconds), as Go's `time.ISOWeek`. */
export function isoWeek(at: number): { readonly year: number; readonly week: number } {
  const date = new Date(at);
  const weekday = (date.getUTCDay() + 6) % 7;
  // The week belongs to the year of its Thursday.
  const thursday = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3);
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) + 1 };
}

/** Go's `AddDate(0, -months, 0)` on nanoseconds in UTC: a day that the month lacks runs over into the next one. */
export function monthsBefore(at: bigint, months: number): bigint {
  const date = new Date(Number(at / NANOS_PER_MILLISECOND));
  date.setUTCMonth(date.getUTCMonth() - months, date.getUTCDate());
  return BigInt(date.getTime()) * NANOS_PER_MILLISECOND + (at % NANOS_PER_MILLISECOND);
}

/** Nanoseconds since 1970 of an RFC 3339 time; Kopia's times have nine digits, Date keeps three. Throws RangeError. */
export function instant(text: string): bigint {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) throw new RangeError(`'${text}' is not an RFC 3339 time`);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const seconds = Math.floor(milliseconds / 1000);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
