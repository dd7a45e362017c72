import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { PlatformError } from '../errors.ts';
import { systemProgram } from '../host/packages.ts';
import { BackendKind, type VolumeBackend } from './backend.ts';
import { createBtrfsBackend } from './btrfs-backend.ts';
import { createDirectoryBackend } from './directory-backend.ts';

/**
 * Opens the backend of a data directory: the one that it was made with, or the wanted one, or btrfs where this machine can mount it.
 * @throws PlatformError when a required backend cannot be opened.
 */
export async function openBackend(
  dataDirectory: string,
  wanted: BackendKind | 'auto',
  existing: BackendKind | undefined,
  log: Logger,
): Promise<VolumeBackend> {
  if (existing && wanted !== 'auto' && wanted !== existing) {
    throw new PlatformError(
      `--backend ${wanted}: ${dataDirectory} was made with ${existing}: use that, or another --data-dir`,
    );
  }
  const required = existing ?? (wanted === 'auto' ? undefined : wanted);
  if (required === BackendKind.Directory) return opened(createDirectoryBackend(dataDirectory));
  if (required === BackendKind.Btrfs) return opened(createBtrfsBackend(dataDirectory));
  const reason = await whyNoBtrfs();
  if (!reason) {
    try {
      return await opened(createBtrfsBackend(dataDirectory));
    } catch (error) {
      log.warn({ err: error }, 'btrfs cannot be mounted here: snapshots will be plain copies');
    }
  } else log.warn({ reason }, 'no btrfs here: snapshots will be plain copies, not atomic');
  return opened(createDirectoryBackend(dataDirectory));
}

async function opened(backend: VolumeBackend): Promise<VolumeBackend> {
  await backend.open();
  return backend;
}

async function whyNoBtrfs(): Promise<string | undefined> {
  for (const program of ['mkfs.btrfs', 'btrfs', 'losetup']) {
    if (!(await systemProgram(program))) return `program ${program} is missing`;
  }
  const fileSystems = await readFile('/proc/filesystems', 'utf8');
  // A module that is not loaded yet is not listed: mounting would load it, so only a listed absence of modules decides.
  return /\bbtrfs\b/.test(fileSystems) || (await systemProgram('modprobe')) ? undefined : 'the kernel has no btrfs';
}
