const DAY = 86_400_000;

/** ISO 8601 week of an instant in UTC (milliseconds), as Go's `time.ISOWeek`. */
export function isoWeek(at: number): { readonly year: number; readonly week: number } {
  const date = new Date(at);
  const weekday = (date.getUTCDay() + 6) % 7;
  // The week belongs to the year of its Thursday.
  const thursday = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3);
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY)) + 1 };
}

/** Go's `AddDate(-years, -months, 0)`: a day that the month lacks runs over into the next one. */
export function yearsBefore(at: number, years: number, months: number): number {
  const date = new Date(at);
  date.setUTCFullYear(date.getUTCFullYear() - years, date.getUTCMonth() - months, date.getUTCDate());
  return date.getTime();
}

/** Nanoseconds since 1970 of an RFC 3339 time; Kopia's times have nine digits, Date keeps three. Throws RangeError. */
export function instant(text: string): bigint {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) throw new RangeError(`'${text}' is not an RFC 3339 time`);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const seconds = Math.floor(milliseconds / 1000);
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
