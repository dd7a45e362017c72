// Prints one JSON line per entry of a tree: everything that a restore has to bring back. Runs as root in pods of the demo.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntryDigest } from './tree-compare.ts';

async function digest(root: string, path: string): Promise<EntryDigest> {
  const full = join(root, path);
  const stat = await lstat(full, { bigint: true });
  const base = {
    path,
    mode: Number(stat.mode & 0o7777n).toString(8),
    owner: `${stat.uid}:${stat.gid}`,
    modified: stat.mtimeNs.toString(),
  };
  if (stat.isSymbolicLink()) return { ...base, type: 'link', content: await readlink(full) };
  if (stat.isDirectory()) return { ...base, type: 'folder', content: '' };
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(full)) hash.update(chunk as Buffer);
  return { ...base, type: 'file', content: `${stat.size} bytes ${hash.digest('hex')}`, blocks: Number(stat.blocks) };
}

async function* walk(root: string, path: string): AsyncGenerator<EntryDigest> {
  const entry = await digest(root, path);
  yield entry;
  if (entry.type !== 'folder') return;
  for (const name of (await readdir(join(root, path))).sort()) {
    if (path === '' && name === 'lost+found') continue;
    yield* walk(root, join(path, name));
  }
}

const root = process.argv[2];
if (!root) throw new Error('usage: tree-digest.js FOLDER');
for await (const entry of walk(root, '')) process.stdout.write(`${JSON.stringify(entry)}\n`);
