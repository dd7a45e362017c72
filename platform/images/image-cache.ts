import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../host/lock.ts';
import { cacheRoot } from '../toolchain/cache.ts';
import type { Log } from '../toolchain/progress.ts';

/** Options of every `ensure…Image`. */
export type ImageOptions = {
  /** Where archives are kept; by default below the cache that all checkouts share. */
  readonly directory?: string;
  readonly onProgress?: Log;
};

/** The folder of kept archives and layers. */
export function imagesDirectory({ directory }: ImageOptions): string {
  return directory ?? join(cacheRoot(), 'images');
}

/**
 * The kept file `<name>-<key>.tar`, made by `make` when it is missing; one process makes it and the others wait.
 * `make` has to put the file under its name only when it is complete.
 */
export async function ensureCached(
  name: string,
  key: string,
  options: ImageOptions,
  make: (file: string) => Promise<unknown>,
): Promise<string> {
  const file = join(imagesDirectory(options), `${name}-${key}.tar`);
  await withLock(`image:${file}`, async () => {
    if (await isThere(file)) return;
    await removeAbandoned(file);
    const started = Date.now();
    await make(file);
    options.onProgress?.(`images: ${name} built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  });
  // Also the order of use, by which old ones go.
  const now = new Date();
  await utimes(file, now, now);
  return file;
}

/** Removes the least recently used archives `<name>-<key>.tar` beyond `keep`. */
export async function pruneCached(name: string, keep: number, options: ImageOptions): Promise<void> {
  const directory = imagesDirectory(options);
  const pattern = new RegExp(`^${name}-[0-9a-f]{12}\\.tar$`);
  const found = await Promise.all(
    (await readdir(directory))
      .filter((file) => pattern.test(file))
      .map(async (file) => ({ path: join(directory, file), used: (await stat(join(directory, file))).mtimeMs })),
  );
  for (const { path } of found.sort((a, b) => b.used - a.used).slice(keep)) {
    for (const file of [path, `${path}.sha256`]) await rm(file, { force: true });
  }
}

/** Removes what a killed build left beside its file: we hold the lock, so nobody is working in there. */
async function removeAbandoned(file: string): Promise<void> {
  const beside = await readdir(dirname(file)).catch(() => []);
  for (const name of beside) {
    if (name.startsWith(`${basename(file)}.`)) await rm(join(dirname(file), name), { recursive: true, force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.size > 0,
    () => false,
  );
}
