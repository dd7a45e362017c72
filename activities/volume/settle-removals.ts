import type { CleanUpResult } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

export interface Removal {
  /** `Job demo/volsync-src-app` */
  readonly name: string;
  /** Whether there was something to remove. */
  readonly removed: Promise<boolean>;
}

/** Waits for all removals, whatever becomes of each; throws CleanupFailed with every one that failed. */
export async function settleRemovals(removals: readonly Removal[]): Promise<CleanUpResult> {
  const ends = await Promise.allSettled(removals.map(({ removed }) => removed));
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length > 0) {
    // A cluster that forbids or does not answer has its own type and says what to do.
    const other = failures.find((error) => !(error instanceof PortError && error.type === FailureType.CleanupFailed));
    if (other) throw other;
    const left = failures.map((error) => (error as PortError).message);
    throw new PortError(FailureType.CleanupFailed, left.join('; '));
  }
  return { removed: removals.filter((_, index) => isTrue(ends[index])).map(({ name }) => name) };
}

const isTrue = (end: PromiseSettledResult<boolean> | undefined): boolean => end?.status === 'fulfilled' && end.value;
