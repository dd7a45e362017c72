/**
 * Cron as VolSync takes it: the pattern of its CRD (compatibility.md 1.2) and then the parser robfig/cron v3 behind it.
 * What passes the pattern and fails in the parser leaves a VolSync source without any further backup; here it is a
 * named problem before anything is planned.
 */

/** The CRD's own pattern. Its second half is anchored at the end only, which is how a leading `CRON_TZ=` gets through. */
export const CRON_ADMISSION =
  /^(@(annually|yearly|monthly|weekly|daily|hourly))|((((\d+,)*\d+|(\d+(\/|-)\d+)|\*(\/\d+)?)\s?){5})$/;

/** What is wrong with text that the pattern refuses. */
export const CRON_PROBLEM =
  'must be five cron fields of numbers (`0 * * * *`), lists (`1,2`), ranges (`1-5`), `*` or `*/n`, or one of @hourly, @daily, @weekly, @monthly, @yearly';

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@annually': '0 0 1 1 *',
  '@yearly': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const TIME_ZONE_PREFIX = /^(?:CRON_TZ|TZ)=(\S*)\s+(.*)$/;

/** A parsed expression: every field as the sorted numbers that match. */
export interface CronSchedule {
  /** The five fields or the descriptor, without the time zone, single spaces. */
  readonly expression: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 to 6, Sunday is 0. */
  readonly daysOfWeek: readonly number[];
  /** Both day fields are restricted: a day counts when EITHER matches (cron's rule, robfig `dayMatches`). */
  readonly eitherDay: boolean;
}

export type CronReading =
  | { readonly ok: true; readonly cron: CronSchedule }
  | { readonly ok: false; readonly problems: readonly string[] };

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day of week', min: 0, max: 6 },
];

/** Reads an expression with all its problems at once; never throws. */
export function parseCron(text: string, defaultTimeZone = 'UTC'): CronReading {
  const trimmed = text.trim();
  if (!CRON_ADMISSION.test(trimmed)) return { ok: false, problems: [CRON_PROBLEM] };
  const prefix = TIME_ZONE_PREFIX.exec(trimmed);
  const timeZone = prefix ? (prefix[1] ?? '') : defaultTimeZone;
  const expression = (prefix ? (prefix[2] ?? '') : trimmed).trim().replace(/\s+/g, ' ');
  const problems = isTimeZone(timeZone)
    ? []
    : [`'${timeZone}' is not a time zone: write an IANA name such as Europe/Berlin`];
  const fields = fieldTexts(expression);
  if (typeof fields === 'string') return { ok: false, problems: [...problems, fields] };

  const parsed = FIELDS.map((field, index) => parseField(fields[index] ?? '', field));
  problems.push(...parsed.flatMap((field) => field.problems));
  if (problems.length > 0) return { ok: false, problems };
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = parsed as [Parsed, Parsed, Parsed, Parsed, Parsed];
  return {
    ok: true,
    cron: {
      expression,
      timeZone,
      minutes: minutes.values,
      hours: hours.values,
      daysOfMonth: daysOfMonth.values,
      months: months.values,
      daysOfWeek: daysOfWeek.values,
      eitherDay: !daysOfMonth.star && !daysOfWeek.star,
    },
  };
}

/** True for a name that this machine's time zone data knows. robfig's `Local` is refused: it means another zone on each machine. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function fieldTexts(expression: string): readonly string[] | string {
  if (expression.startsWith('@')) {
    const fields = DESCRIPTORS[expression];
    return fields ? fields.split(' ') : `'${expression}' is not one of ${Object.keys(DESCRIPTORS).join(', ')}`;
  }
  const fields = expression.split(' ');
  return fields.length === FIELDS.length
    ? fields
    : `must have five fields separated by spaces (minute hour day month weekday), has ${fields.length}`;
}

interface Parsed {
  readonly values: readonly number[];
  /** An unrestricted field; a step above 1 takes that away again, as in robfig's getRange. */
  readonly star: boolean;
  readonly problems: readonly string[];
}

function parseField(text: string, field: Field): Parsed {
  const values = new Set<number>();
  const problems: string[] = [];
  let star = false;
  for (const part of text.split(',')) {
    const range = parseRange(part, field);
    if (typeof range === 'string') {
      problems.push(range);
      continue;
    }
    star ||= range.star;
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
  }
  return { values: [...values].sort((a, b) => a - b), star, problems };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly star: boolean;
}

/** One part of a field. `n/step` means `n-max/step`, as robfig reads it. */
function parseRange(part: string, { name, min, max }: Field): Range | string {
  const match = /^(?:([*?])|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
  if (!match) return `${name}: '${part}' is not a number, a range, "*" or a step`;
  const [, any, from, to, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) return `${name}: the step in '${part}' must be at least 1`;
  if (any) return { start: min, end: max, step, star: step === 1 };
  const start = Number(from);
  const end = to !== undefined ? Number(to) : stepText !== undefined ? max : start;
  if (start < min || end > max || start > max) return `${name}: '${part}' is outside ${min} to ${max}`;
  if (start > end) return `${name}: the range '${part}' ends before it begins`;
  return { start, end, step, star: false };
}
