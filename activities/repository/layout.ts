import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One folder for each kind of blob (data, metadata, indexes, sessions, logs), named after the first letter of its blobs. */
export const BLOB_FOLDERS = ['p', 'q', 'n', 'x', 's', '_'] as const;

const SHARDS_FILE = '.shards';

/** Readable and writable for the group; the setgid bit hands the group on to what is made inside. */
const FOLDER_MODE = 0o2770;

/**
 * Makes all folders of a new filesystem repository beforehand, writable for the group. Kopia's own layout makes hundreds
 * of folders as it goes, and a container's umask (022, not to be set without a shell) closes each to movers of other
 * users. One letter is as deep as it goes here, so movers never make a folder (docs/decisions/0007).
 */
export async function layOutFolders(path: string): Promise<void> {
  await writeFile(join(path, SHARDS_FILE), `${JSON.stringify({ default: [1], maxNonShardedLength: 20 })}\n`, {
    mode: 0o660,
  });
  const umask = process.umask(0o007);
  try {
    for (const name of BLOB_FOLDERS) await mkdir(join(path, name), { mode: FOLDER_MODE, recursive: true });
  } finally {
    process.umask(umask);
  }
}

/** Those of `names` that are folders of the layout and empty. */
export async function emptyLayout(path: string, names: readonly string[]): Promise<string[]> {
  const folders = names.filter((name) => (BLOB_FOLDERS as readonly string[]).includes(name));
  const contents = await Promise.all(folders.map((name) => readdir(join(path, name))));
  return folders.filter((_, index) => contents[index]?.length === 0);
}

/** Takes the empty folders of a half-made repository away; one that is not empty stays, and the call fails. */
export async function removeLayout(path: string, folders: readonly string[]): Promise<void> {
  for (const name of folders) await rmdir(join(path, name));
}
