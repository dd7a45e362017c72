import { flag } from './argument-values.ts';
import { QUIET } from './arguments.ts';

/**
 * Which contents are meant: every one, those of metadata (an id with a letter before its hash: folders, manifests, lists
 * of a large file's pieces), or data whose hash begins so.
 */
export type ContentRange = 'all' | 'metadata' | { readonly hashPrefix: string };

/**
 * Reads the folders of every snapshot and looks up, without reading it, the content of every file and its pack. Prints
 * its counts as JSON; each problem is a line of the log ({@link parseSnapshotVerify}). Without `--max-errors` Kopia ends at the first.
 */
export const snapshotVerifyArguments = (): string[] => ['snapshot', 'verify', '--json', '--max-errors=-1', ...QUIET];

export interface ContentVerifyRequest {
  readonly range: ContentRange;
  /** Read, decrypt and decompress them; else only their packs' presence and length are looked at. */
  readonly read: boolean;
}

/** Goes through what the indexes name; the log is its only result ({@link parseContentVerify}), hence log level info. */
export const contentVerifyArguments = ({ range, read }: ContentVerifyRequest): string[] => [
  'content',
  'verify',
  ...(read ? ['--full'] : []),
  ...rangeArguments(range),
  '--log-level=info',
  '--disable-file-logging',
  '--no-progress',
];

/** How many contents a range has, and their bytes ({@link parseContentStats}). */
export const contentStatsArguments = (range: ContentRange): string[] => [
  'content',
  'stats',
  '--raw',
  ...rangeArguments(range),
  ...QUIET,
];

function rangeArguments(range: ContentRange): string[] {
  if (range === 'all') return [];
  return range === 'metadata' ? ['--prefixed'] : [flag('prefix', range.hashPrefix)];
}
