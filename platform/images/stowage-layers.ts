import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listDependencyFiles } from './dependencies.ts';
import { digestOf, keyOf } from './digest.ts';
import { ensureCached, type ImageOptions, pruneCached } from './image-cache.ts';
import { requireStatic } from './kopia-image.ts';
import { type BuiltLayer, buildLayer, type LayerEntry } from './layer.ts';
import { collectProgram, librariesOf, withoutDuplicates } from './program.ts';
import { basicEntries, certificateEntry } from './system-files.ts';

/** The lowest layer: node with its libraries, Kopia, certificates, users. Changes with the machine's packages only. */
export async function ensureBaseLayer(options: ImageOptions & { readonly kopia: string }): Promise<BuiltLayer> {
  const node = await collectProgram(process.execPath);
  const libc = node.find(({ to }) => to.endsWith('/libc.so.6'));
  // libc opens these by name when it looks up users and hosts; ldd cannot know.
  const lookup = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'].flatMap((name) => {
    const path = libc && join(dirname(libc.to), name);
    return path && existsSync(path) ? [{ from: path, to: path, mode: 0o755 }] : [];
  });
  const files = withoutDuplicates([
    ...node,
    ...lookup,
    { from: options.kopia, to: '/kopia', mode: 0o755 },
    certificateEntry(),
  ]);
  const state = await Promise.all(files.map(async ({ from, to }) => `${to} ${await identityOf(from)}`));
  return ensureLayer('layer-base', ['1', ...state], options, async () => {
    await requireStatic(options.kopia);
    const program = node[0]?.to ?? process.execPath;
    return [
      ...files,
      ...(program === '/bin/node' ? [] : [{ link: program, to: '/bin/node' }]),
      { text: 'hosts: files dns\npasswd: files\ngroup: files\n', to: '/etc/nsswitch.conf' },
      ...basicEntries('stowage'),
    ];
  });
}

/** The middle layer: production dependencies. Changes with package-lock.json. */
export async function ensureDependencyLayer(options: ImageOptions & { readonly project: string }): Promise<BuiltLayer> {
  const files = await listDependencyFiles(options.project, '/app');
  const lock = await readFile(join(options.project, 'package-lock.json'), 'utf8');
  const list = files.map(({ to, bytes }) => `${to} ${bytes}`).join('\n');
  return ensureLayer('layer-dependencies', ['1', process.arch, lock, list], options, async () => {
    const native = files.filter(({ to }) => to.endsWith('.node'));
    const libraries = (await Promise.all(native.map(({ from }) => librariesOf(from)))).flat();
    return withoutDuplicates([...files, ...libraries.map((path) => ({ from: path, to: path, mode: 0o755 }))]);
  });
}

async function ensureLayer(
  name: string,
  keyParts: readonly string[],
  options: ImageOptions,
  entries: () => Promise<readonly LayerEntry[]>,
): Promise<BuiltLayer> {
  const tar = await ensureCached(name, keyOf(keyParts), options, async (file) => {
    await buildLayer({ files: await entries() }, file);
    await pruneCached(name, 2, options);
  });
  // Kept beside the layer, because hashing 150 MB at every start costs more than everything else here.
  const note = `${tar}.sha256`;
  const kept = existsSync(note) ? await readFile(note, 'utf8') : '';
  if (/^[0-9a-f]{64}$/.test(kept)) return { tar, digest: kept };
  const digest = await digestOf(tar);
  await writeFile(note, digest);
  return { tar, digest };
}

/** Tells a changed file of this machine without reading it. */
async function identityOf(file: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(file);
  return [file, size, mtimeMs, ino].join(' ');
}
