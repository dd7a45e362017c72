import { z } from 'zod';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import { stripTerminalCodes } from './redaction.ts';

/** Kopia stores a user's tag under this prefix. */
const TAG_PREFIX = 'tag:';

/** Kopia names at most ten failed entries; more would be a stranger's output. */
const MAX_FAILED_PATHS = 10;

const DirectorySummary = z.object({
  size: z.number(),
  files: z.number(),
  symlinks: z.number().default(0),
  dirs: z.number().default(0),
  incomplete: z.string().optional(),
  numFailed: z.number().default(0),
  numIgnoredErrors: z.number().default(0),
  errors: z.array(z.object({ path: z.string(), error: z.string().default('') })).nullish(),
});

const Manifest = z.object({
  id: z.string().min(1),
  source: z.object({ host: z.string(), userName: z.string(), path: z.string() }),
  startTime: z.string(),
  endTime: z.string(),
  incomplete: z.string().optional(),
  rootEntry: z.object({ obj: z.string().min(1), summ: DirectorySummary.optional() }).nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  pins: z.array(z.string()).nullish(),
  retentionReason: z.array(z.string()).nullish(),
});
type Manifest = z.infer<typeof Manifest>;

/** A snapshot and whose it is. */
export interface ListedSnapshot {
  readonly identity: string;
  readonly summary: SnapshotSummary;
}

/** What `snapshot create --json` says; also on a failure, where Kopia prints it before its error. */
export interface CreatedSnapshot extends ListedSnapshot {
  /** First few paths that could not be read, relative to the source. */
  readonly failedPaths: readonly string[];
}

/** Result of `snapshot create` out of a log that may hold anything else. Undefined when it is not there. */
export function parseSnapshotCreated(log: string): CreatedSnapshot | undefined {
  for (const line of stripTerminalCodes(log)
    .split(/[\r\n]+/)
    .reverse()) {
    const text = line.trim();
    if (!text.startsWith('{') || !text.includes('"rootEntry"')) continue;
    const manifest = Manifest.safeParse(parseJson(text));
    if (!manifest.success) continue;
    const errors = manifest.data.rootEntry?.summ?.errors ?? [];
    return {
      ...listed(manifest.data),
      failedPaths: errors.slice(0, MAX_FAILED_PATHS).map(({ path }) => path),
    };
  }
  return undefined;
}

/** What `snapshot restore` says at the end. */
export interface RestoredCounts {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
}

/** Result of `snapshot restore` out of its log (plain or `--json-log-console`). Undefined when it is not there. */
export function parseRestored(log: string): RestoredCounts | undefined {
  const pattern = /Restored (\d+) files, (\d+) directories and (\d+) symbolic links/g;
  const last = [...stripTerminalCodes(log).matchAll(pattern)].at(-1);
  return last && { files: Number(last[1]), directories: Number(last[2]), symlinks: Number(last[3]) };
}

/** `snapshot list --json`. Throws ZodError or SyntaxError on anything but a list of manifests. */
export function parseSnapshotList(stdout: string): ListedSnapshot[] {
  return z
    .array(Manifest)
    .parse(JSON.parse(stdout))
    .map((manifest) => listed(manifest));
}

const optionalCount = z.number().nullish();

/** The part of a policy that Stowage declares; an unset tier is undefined. */
export const PolicySchema = z.object({
  retention: z
    .object({
      keepLatest: optionalCount,
      keepHourly: optionalCount,
      keepDaily: optionalCount,
      keepWeekly: optionalCount,
      keepMonthly: optionalCount,
      keepAnnual: optionalCount,
      ignoreIdenticalSnapshots: z.boolean().nullish(),
    })
    .default({}),
  compression: z.object({ compressorName: z.string().optional() }).default({}),
});
export type KopiaPolicy = z.infer<typeof PolicySchema>;

/** `policy show --json`: the policy in effect for one identity. Throws ZodError or SyntaxError. */
export const parsePolicy = (stdout: string): KopiaPolicy => PolicySchema.parse(JSON.parse(stdout));

const Status = z.object({ uniqueIDHex: z.string().regex(/^[0-9a-f]+$/) });

/** `repository status --json`. Throws ZodError or SyntaxError. */
export const parseUniqueId = (stdout: string): string => Status.parse(JSON.parse(stdout)).uniqueIDHex;

function listed(manifest: Manifest): ListedSnapshot {
  return {
    identity: `${manifest.source.userName}@${manifest.source.host}:${manifest.source.path}`,
    summary: summarize(manifest),
  };
}

function summarize(manifest: Manifest): SnapshotSummary {
  const summary = manifest.rootEntry?.summ;
  // Without a root or its summary nothing can be said of it, so it never counts as whole.
  const incomplete = manifest.incomplete || summary?.incomplete || (summary ? undefined : 'no directory summary');
  return {
    id: manifest.id,
    rootObject: manifest.rootEntry?.obj ?? '',
    startTime: manifest.startTime,
    endTime: manifest.endTime,
    files: summary?.files ?? 0,
    directories: summary?.dirs ?? 0,
    symlinks: summary?.symlinks ?? 0,
    bytes: summary?.size ?? 0,
    failedEntries: (summary?.numFailed ?? 0) + (summary?.numIgnoredErrors ?? 0),
    ...(incomplete ? { incomplete } : {}),
    tags: ownTags(manifest.tags ?? {}),
    retentionReasons: manifest.retentionReason ?? [],
    pins: manifest.pins ?? [],
  };
}

function ownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags)
      .filter(([name]) => name.startsWith(TAG_PREFIX))
      .map(([name, value]) => [name.slice(TAG_PREFIX.length), value]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
