import { z } from 'zod';

const Run = z.object({
  start: z.string(),
  end: z.string().default(''),
  success: z.boolean().default(false),
  error: z.string().default(''),
});

const Info = z.object({
  owner: z.string().default(''),
  quick: z.object({ enabled: z.boolean() }),
  full: z.object({ enabled: z.boolean() }),
  schedule: z.object({ runs: z.record(z.string(), z.array(Run)).nullish() }).nullish(),
});

/** One task of a maintenance that Kopia noted in the repository. */
export interface MaintenanceTask {
  readonly name: string;
  /** RFC 3339, by the clock of the one who maintained. */
  readonly start: string;
  readonly success: boolean;
  readonly error: string;
}

export interface MaintenanceInfo {
  /** `user@host`; empty where nobody maintains. */
  readonly owner: string;
  readonly enabled: boolean;
  readonly tasks: readonly MaintenanceTask[];
}

/** How many blobs, and their bytes. */
export interface BlobStats {
  readonly count: number;
  readonly bytes: number;
}

/** What `blob stats --raw` says. Throws RangeError on another text. */
export function parseBlobStats(text: string): BlobStats {
  const number = (name: string): number => {
    const found = new RegExp(`^${name}: ([0-9]+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new RangeError(`no ${name}`);
    return Number(found);
  };
  return { count: number('Count'), bytes: number('Total') };
}

/** What `maintenance info --json` says. Throws ZodError or SyntaxError on another text. */
export function parseMaintenanceInfo(text: string): MaintenanceInfo {
  const { owner, quick, full, schedule } = Info.parse(JSON.parse(text));
  const tasks = Object.entries(schedule?.runs ?? {}).flatMap(([name, runs]) =>
    runs.map(({ start, success, error }) => ({ name, start, success, error })),
  );
  return { owner, enabled: quick.enabled && full.enabled, tasks };
}
