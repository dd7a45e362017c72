/** One rule of when: a time matches when every field matches. Sorted numbers; months 1-12, weekdays 0-6 from Sunday. */
export interface CalendarTimes {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly month: readonly number[];
  readonly dayOfWeek: readonly number[];
  /** Shown by the Temporal UI above the rule. */
  readonly comment: string;
}

/** Everything that a declaration decides about a schedule, in plain JSON, so that wanted and found compare field by field. */
export interface ScheduleSettings {
  readonly calendars: readonly CalendarTimes[];
  readonly timeZone: string;
  readonly overlap: string;
  readonly catchUpSeconds: number;
  readonly pauseOnFailure: boolean;
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  /** The workflow's input, plain JSON. */
  readonly request: object;
  readonly searchAttributes: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly details: string;
  /** Names of settings that Stowage never sets and somebody did (`intervals`, `jitter`, `endAt`, …); empty in what is wanted. */
  readonly extras: readonly string[];
}

/** A schedule that should exist. */
export interface DesiredSchedule {
  readonly scheduleId: string;
  readonly settings: ScheduleSettings;
  /** Why the declaration holds it; absent when it should run. */
  readonly pausedBecause?: string;
  /** On creation: a source that never ran is backed up at once. */
  readonly startAtOnce: boolean;
}

/** A schedule that exists, in the same shape. */
export interface CurrentSchedule {
  readonly scheduleId: string;
  /** False: not made by Stowage, never touched. */
  readonly owned: boolean;
  readonly settings: ScheduleSettings;
  readonly paused: boolean;
  /** What the schedule says about its state, by whoever changed it last. */
  readonly note: string;
}

/** Begins every note that Stowage writes; a pause without it is an operator's. */
const NOTE_PREFIX = 'Stowage: ';

export const ownNote = (text: string): string => NOTE_PREFIX + text;

/** Paused by a person (or by anything that is not Stowage): it stays so until that person takes it back. */
export const isOperatorPause = (current: Pick<CurrentSchedule, 'paused' | 'note'>): boolean =>
  current.paused && !current.note.startsWith(NOTE_PREFIX);

/** Paths of everything in which two values differ (`calendars[0].minute`); key order and undefined don't count. */
export function differingPaths(wanted: unknown, found: unknown, path = ''): string[] {
  if (Object.is(wanted, found)) return [];
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.some(isObject)) {
    if (wanted.length !== found.length) return [path];
    return wanted.flatMap((item, index) => differingPaths(item, found[index], `${path}[${index}]`));
  }
  if (isObject(wanted) && isObject(found) && !Array.isArray(wanted) && !Array.isArray(found)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
    return keys.flatMap((key) => differingPaths(wanted[key], found[key], path ? `${path}.${key}` : key));
  }
  return JSON.stringify(wanted) === JSON.stringify(found) ? [] : [path];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
