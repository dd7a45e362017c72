import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/run.ts';
import type { VolumeBackend } from './backend.ts';

/**
 * Plain folders for machines without btrfs. A copy takes as long as its data and is not atomic: a file that is written meanwhile
 * may be copied half old, half new. Where the file system shares blocks (xfs, btrfs), `cp` uses that.
 */
export function createDirectoryBackend(dataDirectory: string): VolumeBackend {
  const store = join(dataDirectory, 'store');
  const folder = (name: string): string => join(store, name);
  const remove = (name: string): Promise<void> => rm(folder(name), { recursive: true, force: true });
  return {
    kind: 'directory',
    folder,
    remove,
    exists: (name) =>
      stat(folder(name)).then(
        () => true,
        () => false,
      ),
    open: async () => {
      for (const parent of ['volumes', 'snapshots', 'shared', 'partial'])
        await mkdir(folder(parent), { recursive: true });
    },
    create: async (name) => {
      await remove(name);
      await mkdir(folder(name));
    },
    copy: async (from, to) => {
      // Read-only is kept by nobody here: only the driver itself reads snapshots.
      const partial = join('partial', to.replace('/', '-'));
      await remove(partial);
      await run('cp', ['--archive', '--reflink=auto', '--sparse=always', folder(from), folder(partial)]);
      await remove(to);
      await rename(folder(partial), folder(to));
    },
  };
}
