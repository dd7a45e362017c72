import type { BigIntStats } from 'node:fs';
import type { EntryKind } from './snapshot-tree.ts';

/** Kopia sets a link's time in microseconds; some file systems keep no more for anything. */
const TIME_TOLERANCE_NANOSECONDS = 2_000n;

export function kindOf(stats: BigIntStats): EntryKind | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : undefined;
}

export const near = (a: bigint, b: bigint): boolean => (a > b ? a - b : b - a) <= TIME_TOLERANCE_NANOSECONDS;

export const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Whole seconds; Date can't show all that a file system can hold. */
export function timeText(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${nanoseconds} ns` : date.toISOString();
}
