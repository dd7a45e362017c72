import { z } from 'zod';
import type { MaintenanceOwner } from './maintenance-arguments.ts';

/** One task of one run, as Kopia remembers it in the repository. */
export interface MaintenanceTask {
  /** Kopia's own name, for example `snapshot-gc`. */
  readonly task: string;
  /** RFC 3339. */
  readonly start: string;
  readonly end: string;
  /** Kopia's text where the task failed. */
  readonly error?: string;
}

/** What the repository knows of its maintenance. */
export interface MaintenanceInfo {
  /** Undefined where the stored owner is not `user@host`. */
  readonly owner: MaintenanceOwner | undefined;
  /** RFC 3339; undefined: never set. Each run moves its own before it begins, so a later time proves a start. */
  readonly nextQuick: string | undefined;
  readonly nextFull: string | undefined;
  /** Newest first. */
  readonly tasks: readonly MaintenanceTask[];
}

const Task = z.object({
  start: z.string(),
  end: z.string(),
  success: z.boolean().default(false),
  error: z.string().optional(),
});

const Info = z.object({
  owner: z.string(),
  schedule: z.object({
    nextFullMaintenance: z.string(),
    nextQuickMaintenance: z.string(),
    runs: z.record(z.string(), z.array(Task).nullable()).nullable(),
  }),
});

/** Go's zero time. */
const NEVER = '0001-01-01T00:00:00Z';

/** `maintenance info --json`. Throws ZodError or SyntaxError. */
export function parseMaintenanceInfo(stdout: string): MaintenanceInfo {
  const { owner, schedule } = Info.parse(JSON.parse(stdout));
  const [username, hostname, ...rest] = owner.split('@');
  const tasks = Object.entries(schedule.runs ?? {}).flatMap(([task, runs]) =>
    (runs ?? []).map(({ start, end, success, error }) => ({
      task,
      start,
      end,
      ...(success ? {} : { error: error || 'no reason given' }),
    })),
  );
  return {
    owner: username && hostname && rest.length === 0 ? { username, hostname } : undefined,
    nextQuick: timeOf(schedule.nextQuickMaintenance),
    nextFull: timeOf(schedule.nextFullMaintenance),
    tasks: tasks.sort((a, b) => Date.parse(b.start) - Date.parse(a.start)),
  };
}

const timeOf = (text: string): string | undefined => (text === NEVER ? undefined : text);
