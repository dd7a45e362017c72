import { mkdir, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listMounts } from '../host/mounts.ts';
import { run } from '../host/run.ts';
import type { VolumeBackend } from './backend.ts';

/** Apparent size of the file; it occupies only what was written. */
const IMAGE_BYTES = 20 * 1024 ** 3;

/**
 * btrfs on a sparse loop file: every folder is a subvolume, so a copy is a snapshot: instant, atomic, sharing its blocks.
 * btrfs itself writes out what processes have buffered before it cuts one.
 */
export function createBtrfsBackend(dataDirectory: string): VolumeBackend {
  const image = join(dataDirectory, 'btrfs.img');
  const store = join(dataDirectory, 'store');
  const folder = (name: string): string => join(store, name);
  const exists = (name: string): Promise<boolean> =>
    stat(folder(name)).then(
      () => true,
      () => false,
    );
  const remove = async (name: string): Promise<void> => {
    if (await exists(name)) await run('btrfs', ['subvolume', 'delete', folder(name)]);
  };
  return {
    kind: 'btrfs',
    folder,
    exists,
    remove,
    open: async () => {
      await ensureImage(image);
      await mkdir(store, { recursive: true });
      const mounted = listMounts().some(({ target, type }) => target === store && type === 'btrfs');
      // noatime: reading for a backup must not write; discard: what is deleted is given back to the sparse file.
      if (!mounted) await run('mount', ['-t', 'btrfs', '-o', 'loop,noatime,discard=async', image, store]);
      for (const parent of ['volumes', 'snapshots', 'shared']) await mkdir(folder(parent), { recursive: true });
    },
    create: async (name) => {
      await remove(name);
      await run('btrfs', ['subvolume', 'create', folder(name)]);
    },
    copy: async (from, to, { readOnly }) => {
      // An existing target would get the snapshot inside it, under the source's name.
      await remove(to);
      await run('btrfs', ['subvolume', 'snapshot', ...(readOnly ? ['-r'] : []), folder(from), folder(to)]);
    },
  };
}

/** Makes the file with its file system beside its final name, so that a killed start never leaves half a one. */
async function ensureImage(image: string): Promise<void> {
  if (await stat(image).catch(() => undefined)) return;
  await mkdir(dirname(image), { recursive: true });
  const temporary = `${image}.new`;
  await writeFile(temporary, '', { mode: 0o600 });
  await truncate(temporary, 0);
  await truncate(temporary, IMAGE_BYTES);
  await run('mkfs.btrfs', ['--quiet', '--force', '--metadata', 'single', '--data', 'single', temporary]);
  await rename(temporary, image);
}
