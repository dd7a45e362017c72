import type { CapacityRange } from './messages.ts';
import type { VolumeParameters } from './parameters.ts';
import { CsiCode, CsiError } from './status.ts';

const MiB = 1024 * 1024;

/** Size of a volume for which nobody asked for one. */
export const DEFAULT_CAPACITY_BYTES = 1024 * MiB;

/** Below it ext4 has no room for its journal. */
export const SMALLEST_LIMITED_BYTES = 8 * MiB;

/** Where a new volume's content comes from, with the size that it needs. */
export type SizedSource = { readonly what: string; readonly bytes: number };

/**
 * The size of a new volume in bytes: what is required, else the source's size, else the default within the limit. Pure.
 * @throws CsiError OUT_OF_RANGE when the source does not fit or no size satisfies the range.
 */
export function resolveCapacity(
  range: CapacityRange | null,
  medium: VolumeParameters['medium'],
  source?: SizedSource,
): number {
  const required = range?.requiredBytes ?? 0;
  const limit = range?.limitBytes || Number.POSITIVE_INFINITY;
  if (required > limit) throw outOfRange(`required size ${required} is above the limit ${limit}`);
  if (source && required > 0 && required < source.bytes) {
    throw outOfRange(
      `requested volume size ${required} is less than the size ${source.bytes} of the source ${source.what}`,
    );
  }
  if (source && source.bytes > limit) {
    throw outOfRange(`the limit ${limit} is less than the size ${source.bytes} of the source ${source.what}`);
  }
  const bytes = required || source?.bytes || Math.min(DEFAULT_CAPACITY_BYTES, limit);
  if (medium === 'limited' && bytes < SMALLEST_LIMITED_BYTES) {
    throw outOfRange(`a limited volume needs at least ${SMALLEST_LIMITED_BYTES} bytes, asked for ${bytes}`);
  }
  return bytes;
}

/** True when an existing volume satisfies a range: the specification's test for "the same volume again". Pure. */
export function satisfiesRange(bytes: number, range: CapacityRange | null): boolean {
  const limit = range?.limitBytes || Number.POSITIVE_INFINITY;
  return bytes >= (range?.requiredBytes ?? 0) && bytes <= limit;
}

function outOfRange(message: string): CsiError {
  return new CsiError(CsiCode.OutOfRange, message);
}
