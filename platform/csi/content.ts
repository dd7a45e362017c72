import { chmod, chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listMounts } from '../host/mounts.ts';
import type { VolumeBackend } from './backend.ts';
import {
  attachDisk,
  detachDisk,
  diskBytes,
  growDisk,
  initialiseDisk,
  makeDisk,
  thawAll,
  whileFrozen,
} from './limited-disk.ts';
import { snapshotFolder, volumeFolder } from './names.ts';
import type { VolumeParameters } from './parameters.ts';
import { CsiCode, CsiError } from './status.ts';

/** A volume as far as its content goes. */
export type Volume = { readonly id: string; readonly capacityBytes: number; readonly parameters: VolumeParameters };

/** Makes, copies and removes what is inside volumes and snapshots, for both media. Callers serialise by volume. */
export type Content = {
  /** An empty volume, or the shared folder as it is; returns its real size in bytes. */
  readonly make: (volume: Volume) => Promise<number>;
  /** A volume with the content of a snapshot's or volume's folder. */
  readonly copyInto: (volume: Volume, from: string) => Promise<void>;
  /** A snapshot of what the volume holds at one point in time. */
  readonly cut: (volume: Volume, snapshotId: string) => Promise<void>;
  /** Runs `work` while the volume's folder can be copied. */
  readonly quiesced: <T>(volume: Volume, work: () => Promise<T>) => Promise<T>;
  /** Removes a volume's own content; what it shares with others stays. */
  readonly removeVolume: (id: string) => Promise<void>;
  readonly removeSnapshot: (id: string) => Promise<void>;
  /** The folder to bind into pods. */
  readonly mountable: (volume: Volume) => Promise<string>;
  /** Undoes what a killed driver may have left. */
  readonly recover: () => Promise<void>;
};

/** Content on a backend; file systems of limited volumes are mounted below `<data directory>/mounts`. */
export function createContent(dataDirectory: string, backend: VolumeBackend): Content {
  const mounts = join(dataDirectory, 'mounts');
  const folderOf = ({ id, parameters }: Volume): string => backend.folder(volumeFolder(id, parameters));
  const mountPointOf = ({ id, parameters }: Volume): string => join(mounts, volumeFolder(id, parameters));
  const attach = async (volume: Volume): Promise<string> => {
    await attachDisk(folderOf(volume), mountPointOf(volume));
    return mountPointOf(volume);
  };
  const quiesced = <T>(volume: Volume, work: () => Promise<T>): Promise<T> =>
    volume.parameters.medium === 'limited' ? whileFrozen(mountPointOf(volume), work) : work();

  return {
    quiesced,
    recover: () => thawAll(mounts),
    make: async (volume) => {
      const name = volumeFolder(volume.id, volume.parameters);
      const { medium, shared, rootMode, rootGroup } = volume.parameters;
      if (shared === undefined) await detachDisk(mountPointOf(volume));
      if (shared === undefined || !(await backend.exists(name))) await backend.create(name);
      if (medium === 'limited') {
        const fresh = (await diskBytes(backend.folder(name))) === undefined;
        if (fresh) await makeDisk(backend.folder(name), volume.capacityBytes);
        const mountPoint = await attach(volume);
        if (fresh) await initialiseDisk(mountPoint, rootMode, rootGroup);
        return (await diskBytes(backend.folder(name))) ?? volume.capacityBytes;
      }
      // A shared folder that is in use keeps its owner and mode.
      if ((await readdir(backend.folder(name))).length === 0) {
        await chown(backend.folder(name), 0, rootGroup);
        await chmod(backend.folder(name), rootMode);
      }
      return volume.capacityBytes;
    },
    copyInto: async (volume, from) => {
      await detachDisk(mountPointOf(volume));
      await backend.copy(from, volumeFolder(volume.id, volume.parameters), { readOnly: false });
      const folder = folderOf(volume);
      const has = volume.parameters.medium === 'limited' ? await diskBytes(folder) : undefined;
      if (has !== undefined && has < volume.capacityBytes) await growDisk(folder, volume.capacityBytes);
    },
    cut: (volume, snapshotId) =>
      quiesced(volume, () =>
        backend.copy(volumeFolder(volume.id, volume.parameters), snapshotFolder(snapshotId), { readOnly: true }),
      ),
    removeVolume: async (id) => {
      // Its own folder alone: a shared one outlives all its claims, as a real share would.
      const name = volumeFolder(id, {});
      const mountPoint = join(mounts, name);
      refuseInUse(id, name, mountPoint);
      await detachDisk(mountPoint);
      await backend.remove(name);
    },
    removeSnapshot: (id) => backend.remove(snapshotFolder(id)),
    mountable: (volume) =>
      volume.parameters.medium === 'limited' ? attach(volume) : Promise.resolve(folderOf(volume)),
  };
}

/** @throws CsiError FAILED_PRECONDITION when something is still bound to the volume. */
function refuseInUse(id: string, name: string, mountPoint: string): void {
  const all = listMounts();
  const device = all.find(({ target }) => target === mountPoint)?.source;
  const user = all.find(
    ({ target, root, source }) => root.endsWith(`/${name}`) || (source === device && target !== mountPoint),
  );
  if (user) throw new CsiError(CsiCode.FailedPrecondition, `volume ${id} is still mounted at ${user.target}`);
}
