import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { projectRoot } from '../project.ts';
import type { ToolSet } from './sets.ts';

/** Folder of what is kept between checkouts: `$STOWAGE_CACHE_DIR`, else `$XDG_CACHE_HOME/stowage`, else `~/.cache/stowage`. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.STOWAGE_CACHE_DIR;
  if (chosen) {
    if (!isAbsolute(chosen)) throw new PlatformError(`STOWAGE_CACHE_DIR is '${chosen}': give an absolute path`);
    return chosen;
  }
  const shared = environment.XDG_CACHE_HOME;
  return join(shared && isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'stowage');
}

/** Arguments of the one build of a set, without output folder and packages. They are part of the cache key. */
export function buildFlags(set: ToolSet): string[] {
  // -buildvcs=false: the module lies inside a git work tree that is not its own.
  const tags = set.tags ? ['-tags', set.tags.join(',')] : [];
  return ['-trimpath', '-buildvcs=false', ...tags, '-ldflags', set.ldflags];
}

/** Folder of a set's module in the checkout. */
export function moduleDirectory(set: ToolSet): string {
  return join(projectRoot(), 'platform/tools', set.module ?? set.name);
}

/** `<version>-<12 hex>` of everything that decides what a build yields: module file, sums, flags, own sources. Pure. */
export function cacheKey(set: ToolSet, goMod: string, goSum: string, ...sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [
    goMod,
    goSum,
    JSON.stringify([buildFlags(set), set.extras, set.programs.map((p) => p.package)]),
    ...sources,
  ]) {
    hash.update(`${part.length}:`).update(part);
  }
  return `${set.version}-${hash.digest('hex').slice(0, 12)}`;
}

/** Where the programs of a set are, or will be once built: `<cache>/tools/<set>/<version>-<hash>`, programs under `bin`. */
export async function setDirectory(set: ToolSet, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const from = moduleDirectory(set);
  const read = (file: string): Promise<string> => readFile(join(from, file), 'utf8');
  const [goMod, goSum, ...sources] = await Promise.all([
    read('go.mod'),
    read('go.sum'),
    ...(set.sources ?? []).map(read),
  ]);
  return join(cacheRoot(environment), 'tools', set.name, cacheKey(set, goMod, goSum, ...sources));
}
