import { chmod, chown, mkdir, open, rename, rm, rmdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { listMounts } from '../host/mounts.ts';
import { run, tryRun } from '../host/run.ts';

// A limited volume's folder holds one file, an ext4 file system of exactly the claim's size: the kernel itself says ENOSPC.
const diskFile = (folder: string): string => join(folder, 'disk.img');

/** Bytes of the disk in a folder, or undefined when there is none. */
export async function diskBytes(folder: string): Promise<number | undefined> {
  return (await stat(diskFile(folder)).catch(() => undefined))?.size;
}

/** Makes the disk of a folder; a half-made one is replaced. */
export async function makeDisk(folder: string, bytes: number): Promise<void> {
  const temporary = `${diskFile(folder)}.new`;
  await rm(temporary, { force: true });
  await (await open(temporary, 'wx', 0o600)).close();
  await truncate(temporary, bytes);
  // -m 0: no blocks kept back for root, or root's movers would find more room than others.
  await run('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'nodiscard', temporary]);
  await rename(temporary, diskFile(folder));
}

/** Mounts the disk of a folder unless it is mounted. */
export async function attachDisk(folder: string, mountPoint: string): Promise<void> {
  if (deviceOf(mountPoint)) return;
  await mkdir(mountPoint, { recursive: true });
  await run('mount', ['-t', 'ext4', '-o', 'loop,noatime,discard', diskFile(folder), mountPoint]);
}

/** Sets the top folder of a fresh, mounted disk. lost+found goes: only root may read it, which a backup rightly reports. */
export async function initialiseDisk(mountPoint: string, mode: number, group: number): Promise<void> {
  await rmdir(join(mountPoint, 'lost+found')).catch(() => undefined);
  await chown(mountPoint, 0, group);
  await chmod(mountPoint, mode);
}

/**
 * Enlarges a disk that is not mounted. Online growth would need CAP_SYS_RESOURCE, which root in a container often lacks.
 * @throws PlatformError when the file system is damaged beyond automatic repair.
 */
export async function growDisk(folder: string, bytes: number): Promise<void> {
  const file = diskFile(folder);
  await truncate(file, bytes);
  // resize2fs insists on a check; 1 means that it repaired what it found, for example an unclean journal.
  const checked = await tryRun('e2fsck', ['-f', '-p', file]);
  if (checked.exitCode !== 0 && checked.exitCode !== 1) {
    throw new PlatformError(`e2fsck of ${file} failed (exit ${checked.exitCode}): ${checked.stdout || checked.stderr}`);
  }
  await run('resize2fs', [file]);
}

/** Unmounts a disk, which also frees its loop device; not mounted is fine. */
export async function detachDisk(mountPoint: string): Promise<void> {
  if (deviceOf(mountPoint)) await run('umount', [mountPoint]);
  await rmdir(mountPoint).catch(() => undefined);
}

/** Runs `work` while the mounted disk takes no writes and its file is consistent by itself; without a mount it already is. */
export async function whileFrozen<T>(mountPoint: string, work: () => Promise<T>): Promise<T> {
  if (!deviceOf(mountPoint)) return work();
  await run('fsfreeze', ['--freeze', mountPoint]);
  try {
    return await work();
  } finally {
    await run('fsfreeze', ['--unfreeze', mountPoint]);
  }
}

/** A driver that was killed while a disk was frozen leaves every writer hanging: its successor thaws what is mounted below `folder`. */
export async function thawAll(folder: string): Promise<void> {
  for (const { target } of listMounts()) {
    // Answers "invalid argument" for a disk that is not frozen, which is nearly always.
    if (target.startsWith(`${folder}/`)) await tryRun('fsfreeze', ['--unfreeze', target]);
  }
}

function deviceOf(mountPoint: string): string | undefined {
  return listMounts().find(({ target }) => target === mountPoint)?.source;
}
