import type { CreateSnapshotRequest, ListSnapshotsRequest } from './messages.ts';
import { idOf, isId } from './names.ts';
import { requireText } from './requests.ts';
import type { SnapshotRecord } from './state.ts';
import { CsiCode, CsiError } from './status.ts';
import { findVolume, lockKeys, type Storage } from './volumes.ts';

/**
 * Cuts a snapshot, or returns the one that this name already made.
 * @throws CsiError INVALID_ARGUMENT, NOT_FOUND (volume), ALREADY_EXISTS (the name belongs to another volume's snapshot).
 */
export async function createSnapshot(storage: Storage, request: CreateSnapshotRequest): Promise<SnapshotRecord> {
  const name = requireText('name', request.name);
  const sourceVolumeId = requireText('source_volume_id', request.sourceVolumeId);
  const id = idOf('snapshots', name);
  return storage.lock([id, ...lockKeys(storage, sourceVolumeId)], async () => {
    const existing = storage.state.current().snapshots[id];
    if (existing?.sourceVolumeId === sourceVolumeId) return existing;
    if (existing) {
      throw new CsiError(
        CsiCode.AlreadyExists,
        `snapshot '${name}' exists of volume ${existing.sourceVolumeId}, not of ${sourceVolumeId}`,
      );
    }
    const volume = findVolume(storage, sourceVolumeId);
    await storage.content.cut(volume, id);
    const record: SnapshotRecord = {
      id,
      name,
      sourceVolumeId,
      sizeBytes: volume.capacityBytes,
      medium: volume.parameters.medium,
      createdAt: new Date().toISOString(),
    };
    await storage.state.update((state) => ({ ...state, snapshots: { ...state.snapshots, [id]: record } }));
    return record;
  });
}

/** Removes a snapshot; one that is gone is removed already. Volumes made from it are independent of it. */
export async function deleteSnapshot(storage: Storage, snapshotId: string): Promise<void> {
  const id = requireText('snapshot_id', snapshotId);
  if (!isId('snapshots', id)) return;
  await storage.lock([id], async () => {
    await storage.content.removeSnapshot(id);
    await storage.state.update((state) => {
      const { [id]: _, ...snapshots } = state.snapshots;
      return { ...state, snapshots };
    });
  });
}

/** One page of snapshots and where the next one begins. */
export type SnapshotPage = { readonly snapshots: readonly SnapshotRecord[]; readonly nextToken: string };

/**
 * The page of snapshots that a request asks for, oldest first. Pure.
 * @throws CsiError ABORTED for a token that is not ours, INVALID_ARGUMENT for a negative page size.
 */
export function pageOf(all: readonly SnapshotRecord[], request: ListSnapshotsRequest): SnapshotPage {
  if (request.maxEntries < 0) {
    throw new CsiError(CsiCode.InvalidArgument, `max_entries is ${request.maxEntries}: use 0 or more`);
  }
  const matching = all
    .filter(({ id }) => !request.snapshotId || id === request.snapshotId)
    .filter(({ sourceVolumeId }) => !request.sourceVolumeId || sourceVolumeId === request.sourceVolumeId)
    .sort((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1));
  const start = request.startingToken === '' ? 0 : Number(request.startingToken);
  if (!/^\d*$/.test(request.startingToken) || start > matching.length) {
    throw new CsiError(
      CsiCode.Aborted,
      `starting_token '${request.startingToken}' is not valid: start again without one`,
    );
  }
  const end = request.maxEntries === 0 ? matching.length : Math.min(matching.length, start + request.maxEntries);
  return { snapshots: matching.slice(start, end), nextToken: end < matching.length ? String(end) : '' };
}
