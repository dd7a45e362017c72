import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryAccess } from '../../workflows/repository/inspect-contract.ts';

/** A sample is enough: whoever closed one folder closed all that he made. */
const MAX_LOOKED = 2_000;

/** Kopia's own layout has two levels of folders. */
const MAX_DEPTH = 2;

/** Files of each folder that are looked at. */
const FILES_OF_FOLDER = 3;

const NAMED = 3;

/** Read, write and search for the group. */
const OPEN_FOLDER = 0o070;
/** Read for the group. */
const OPEN_FILE = 0o040;

/**
 * Whether a group can share this repository, from a bounded look at the modes of its folders and a few files of each.
 * Reads only; what vanishes meanwhile (compaction) does not count.
 */
export async function readAccess(root: string): Promise<RepositoryAccess> {
  const closed = { folders: 0, files: 0 };
  const owners = new Set<number>();
  const examples: string[] = [];
  let looked = 0;

  const look = async (path: string, name: string, folder: boolean): Promise<void> => {
    if (looked >= MAX_LOOKED) return;
    const stat = await lstat(path).catch(() => undefined);
    if (!stat) return;
    looked++;
    const wanted = folder ? OPEN_FOLDER : OPEN_FILE;
    if ((stat.mode & wanted) === wanted) return;
    closed[folder ? 'folders' : 'files']++;
    if (owners.size < NAMED) owners.add(stat.uid);
    if (examples.length < NAMED) examples.push(name || '.');
  };

  const walk = async (path: string, name: string, depth: number): Promise<void> => {
    await look(path, name, true);
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    let files = 0;
    for (const entry of entries) {
      if (looked >= MAX_LOOKED) return;
      const inner = name ? `${name}/${entry.name}` : entry.name;
      if (entry.isDirectory() && depth < MAX_DEPTH) await walk(join(path, entry.name), inner, depth + 1);
      if (entry.isFile() && files++ < FILES_OF_FOLDER) await look(join(path, entry.name), inner, false);
    }
  };

  await walk(root, '', 0);
  return {
    looked,
    closedFolders: closed.folders,
    closedFiles: closed.files,
    owners: [...owners].sort((a, b) => a - b),
    examples,
  };
}
