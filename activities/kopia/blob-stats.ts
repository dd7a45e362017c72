import { flag } from './argument-values.ts';
import { QUIET } from './arguments.ts';

/** How many blobs, and their bytes. */
export interface BlobStats {
  readonly count: number;
  readonly bytes: number;
}

/** `blob stats` of the blobs whose names begin so ({@link parseBlobStats}). */
export const blobStatsArguments = (prefix: string): string[] => [
  'blob',
  'stats',
  '--raw',
  ...QUIET,
  ...(prefix ? [flag('prefix', prefix)] : []),
];

/** What `blob stats --raw` says. Throws RangeError on another text. */
export function parseBlobStats(text: string): BlobStats {
  const number = (name: string): number => {
    const found = new RegExp(`^${name}: ([0-9]+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new RangeError(`no ${name}`);
    return Number(found);
  };
  return { count: number('Count'), bytes: number('Total') };
}
