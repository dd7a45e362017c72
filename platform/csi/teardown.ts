import { realpath } from 'node:fs/promises';
import { isBelow, loopDevicesBelow, unmountAll } from '../host/mounts.ts';
import { tryRun } from '../host/run.ts';
import { thawAll } from './limited-disk.ts';

/**
 * Unmounts everything that the driver mounted from or in its data directory, wherever it is bound, and frees its loop devices.
 * The driver must have ended. The data stays; without a data directory there is nothing to do.
 */
export async function unmountBackend(dataDirectory: string): Promise<void> {
  const folder = await realpath(dataDirectory).catch(() => dataDirectory);
  const devices = await loopDevicesBelow(folder);
  // A frozen file system cannot be unmounted.
  await thawAll(`${folder}/mounts`);
  await unmountAll(
    (mount) => isBelow(mount.target, folder) || devices.includes(mount.source) || isBelow(mount.root, folder),
  );
  for (const device of await loopDevicesBelow(folder)) await tryRun('losetup', ['--detach', device]);
}
