import {
  chmod,
  copyFile,
  constants as files,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { run } from '../host/run.ts';
import { digestOf } from './digest.ts';

/** A regular file of this machine. */
export type FileEntry = { readonly from: string; readonly to: string; readonly mode?: number };
/** A folder of this machine with everything in it that `keep` accepts (paths relative to `tree`); links in it are followed. */
export type TreeEntry = { readonly tree: string; readonly to: string; readonly keep?: (relative: string) => boolean };
/** A small file given as text. */
export type TextEntry = { readonly text: string; readonly to: string; readonly mode?: number };
/** A symbolic link. */
export type LinkEntry = { readonly link: string; readonly to: string };
/** An empty folder, or the mode of one that other entries fill. */
export type FolderEntry = { readonly folder: true; readonly to: string; readonly mode?: number };

/** One thing in an image; `to` is absolute. */
export type LayerEntry = FileEntry | TreeEntry | TextEntry | LinkEntry | FolderEntry;

/** A layer to be made. */
export type LayerSpec = { readonly files: readonly LayerEntry[] };
/** A layer that is there: an uncompressed tar and its SHA-256 in hex. */
export type BuiltLayer = { readonly tar: string; readonly digest: string };

/**
 * Packs entries into an uncompressed tar. Everything belongs to root, is dated 1970 and sorted, and the permissions depend on `mode` or
 * the executable bit alone: the same input gives the same digest on any machine.
 * @throws PlatformError for two entries of one path, or a failing tar.
 */
export async function buildLayer({ files: entries }: LayerSpec, output: string): Promise<BuiltLayer> {
  await mkdir(dirname(output), { recursive: true });
  const stage = await mkdtemp(`${output}.stage-`);
  const root = join(stage, 'root');
  try {
    await mkdir(root);
    for (const entry of entries) await place(entry, join(root, entry.to), entry.to);
    // The modes of folders come last: a folder may be read-only.
    for (const entry of entries) if ('folder' in entry) await chmod(join(root, entry.to), entry.mode ?? 0o755);
    const names = (await readdir(root)).sort();
    const normal = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
    const made = join(stage, 'layer.tar');
    await run('tar', ['--create', '--file', made, ...normal, '--directory', root, '--', ...names], {
      env: { LC_ALL: 'C' },
    });
    const digest = await digestOf(made);
    await rename(made, output);
    return { tar: output, digest };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function place(entry: LayerEntry, path: string, to: string): Promise<void> {
  await makeFolder(dirname(path));
  try {
    if ('folder' in entry) await makeFolder(path);
    else if ('link' in entry) await symlink(entry.link, path);
    else if ('text' in entry)
      await writeMode(path, entry.mode ?? 0o644, () => writeFile(path, entry.text, { flag: 'wx' }));
    else if ('tree' in entry) await placeTree(entry.tree, path, entry.keep ?? (() => true), '');
    else await placeFile(entry.from, path, entry.mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new PlatformError(`image layer: ${to} is given twice`);
  }
}

async function placeTree(
  from: string,
  to: string,
  keep: (relative: string) => boolean,
  relative: string,
): Promise<void> {
  await makeFolder(to);
  for (const { name } of await readdir(from, { withFileTypes: true })) {
    const inner = relative === '' ? name : `${relative}/${name}`;
    if (!keep(inner)) continue;
    // stat instead of the entry's own type: links (node_modules/.bin) are followed.
    const found = await stat(join(from, name));
    if (found.isDirectory()) await placeTree(join(from, name), join(to, name), keep, inner);
    else await placeFile(join(from, name), join(to, name), undefined);
  }
}

async function placeFile(from: string, to: string, mode: number | undefined): Promise<void> {
  const executable = ((await stat(from)).mode & 0o111) !== 0;
  // A clone where the file system can: an image copies node and kopia, 150 MB.
  const copy = () => copyFile(from, to, files.COPYFILE_EXCL | files.COPYFILE_FICLONE);
  await writeMode(to, mode ?? (executable ? 0o755 : 0o644), copy);
}

async function writeMode(path: string, mode: number, write: () => Promise<void>): Promise<void> {
  await write();
  // Not left to the umask.
  await chmod(path, mode);
}

async function makeFolder(path: string): Promise<void> {
  if (
    await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    )
  )
    return;
  await makeFolder(dirname(path));
  await mkdir(path);
  await chmod(path, 0o755);
}
