import { SnapshotTag } from '../../api/metadata.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import { PortError } from '../ports/port-error.ts';
import { byNewest } from './snapshot-choice.ts';

/**
 * The snapshot that proves a run: there under its id, marked with the run, whole, and without unreadable entries. Throws
 * SnapshotNotFound or SnapshotIncomplete.
 */
export function requireProof(
  snapshots: readonly SnapshotSummary[],
  wanted: { readonly snapshotId: string; readonly runId: string; readonly identity: string },
): SnapshotSummary {
  const snapshot = snapshots.find(({ id }) => id === wanted.snapshotId);
  if (!snapshot) throw absent(snapshots, wanted);
  const run = snapshot.tags[SnapshotTag.run];
  if (run !== wanted.runId) {
    throw new PortError(
      FailureType.SnapshotNotFound,
      `snapshot ${snapshot.id} of ${wanted.identity} was made by ${run ? `run ${run}` : 'something else'}, not by run ${wanted.runId}`,
    );
  }
  if (snapshot.incomplete !== undefined) {
    throw new PortError(
      FailureType.SnapshotIncomplete,
      `snapshot ${snapshot.id} is incomplete (${snapshot.incomplete})`,
    );
  }
  if (snapshot.failedEntries > 0) {
    throw new PortError(
      FailureType.SnapshotIncomplete,
      `snapshot ${snapshot.id} lacks ${snapshot.failedEntries} entries that could not be read`,
    );
  }
  return snapshot;
}

function absent(
  snapshots: readonly SnapshotSummary[],
  wanted: { readonly snapshotId: string; readonly runId: string; readonly identity: string },
): PortError {
  const own = snapshots.find(({ tags }) => tags[SnapshotTag.run] === wanted.runId);
  const newest = byNewest(snapshots)[0];
  const instead = own
    ? `the run's mark is on ${own.id}`
    : newest
      ? `the newest of ${snapshots.length} is ${newest.id} of ${newest.startTime}`
      : 'there is none at all';
  return new PortError(
    FailureType.SnapshotNotFound,
    `the repository does not hold snapshot ${wanted.snapshotId} of ${wanted.identity}: ${instead}`,
  );
}
