import type { ResolvedBackup } from '../../api/backup-request.ts';
import { describeSuspicion, judgeShrink, type SizedSnapshot, type Suspicion } from '../../api/suspicion.ts';
import { FailureType } from '../failures.ts';
import type { OpenRepositoryResult, SnapshotSummary } from '../repository/contract.ts';
import { failRun } from '../run-failure.ts';
import type { BackupMoverResult } from './contract.ts';

/**
 * Refuses a snapshot that is not whole: Kopia exits 0 with an incomplete one after SIGTERM, and leaves a manifest also when
 * files could not be read (faults.md M3). Throws SnapshotIncomplete.
 */
export function requireWhole(mover: BackupMoverResult): void {
  if (mover.incomplete) {
    throw failRun(FailureType.SnapshotIncomplete, `snapshot ${mover.snapshotId} is incomplete (${mover.incomplete})`);
  }
  if (mover.unreadable > 0) {
    const names = mover.unreadablePaths.join(', ');
    throw failRun(
      FailureType.SnapshotIncomplete,
      `snapshot ${mover.snapshotId} lacks ${mover.unreadable} entries that could not be read${names ? `: ${names}` : ''}`,
    );
  }
}

/**
 * Compares what the mover said with what a process that did not write it read back. Throws SnapshotIncomplete when they
 * differ: then one of the two is wrong, and neither may be believed.
 */
export function requireSame(mover: BackupMoverResult, readBack: SnapshotSummary): void {
  const differences = [
    ['id', mover.snapshotId, readBack.id],
    ['files', mover.files, readBack.files],
    ['bytes', mover.bytes, readBack.bytes],
  ].filter(([, said, read]) => said !== read);
  if (differences.length === 0) return;
  const text = differences.map(([name, said, read]) => `${name}: mover ${said}, repository ${read}`).join('; ');
  throw failRun(FailureType.SnapshotIncomplete, `the snapshot read back differs from what the mover wrote (${text})`);
}

/**
 * Why the retention of the source has to be held, if it has: it is held already, or it lost so much since the previous
 * whole snapshot that a mistake or an accident must be assumed. A person's approval ends both.
 */
export function suspect(
  request: Pick<ResolvedBackup, 'namespace' | 'claim' | 'approveShrink'>,
  { held, previous }: OpenRepositoryResult,
  snapshot: SnapshotSummary,
): Suspicion | undefined {
  if (request.approveShrink) return undefined;
  const after = sizeOf(snapshot);
  if (held) return describeSuspicion(request, held.shrink?.after.startTime ?? after.startTime, held.shrink);
  if (!previous || !judgeShrink(previous, after)) return undefined;
  return describeSuspicion(request, after.startTime, { before: sizeOf(previous), after });
}

const sizeOf = ({ id, startTime, files, bytes }: SizedSnapshot): SizedSnapshot => ({ id, startTime, files, bytes });

/** Ids that were there before the run and are not any more: what retention removed. */
export function removedByRetention(before: readonly string[], after: readonly string[]): string[] {
  const kept = new Set(after);
  return before.filter((id) => !kept.has(id));
}
