import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import type { FileEntry } from './layer.ts';

/** The parts of package-lock.json (version 2 and 3) that say what production needs. */
export type PackageLock = { readonly packages?: Readonly<Record<string, { readonly dev?: boolean }>> };

/** A file of a production dependency with its size, which goes into the cache key. */
export type DependencyFile = FileEntry & { readonly bytes: number };

/** What Rust calls this machine, as @temporalio/core-bridge names the folders of its builds. */
const rustTarget = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
const nodeTarget = `${process.platform}-${process.arch}`;

/** Folders (`node_modules/…`) of the packages that production needs, by the lock file. Pure. */
export function productionFolders(lock: PackageLock): string[] {
  return Object.entries(lock.packages ?? {})
    .flatMap(([folder, { dev }]) => (folder === '' || dev ? [] : [folder]))
    .sort();
}

/**
 * True for what a package needs to run here: no types, sources, source maps and manuals, no builds for other machines. Pure.
 * @param relative path within the package.
 */
export function keepDependencyFile(packageFolder: string, relative: string): boolean {
  const [top = '', second] = relative.split('/');
  // Packages inside packages have their own entry in the lock file.
  if (top === 'node_modules') return false;
  if (/\.(ts|mts|cts|flow)$/.test(relative) || /\.[cm]?[jt]s\.map$/.test(relative)) return false;
  if (/\.(md|markdown)$/i.test(relative) && !/licen[cs]e|notice/i.test(relative)) return false;
  if (['docs', 'doc', 'example', 'examples', '.github'].includes(top)) return false;
  if (top === 'prebuilds' && second !== undefined && second !== nodeTarget) return false;
  if (packageFolder.endsWith('@temporalio/core-bridge')) {
    // The rest is its Rust source.
    if (top === 'releases') return second === undefined || second === rustTarget;
    return ['index.js', 'common.js', 'lib', 'package.json'].includes(top) || /^licen[cs]e/i.test(top);
  }
  return true;
}

/**
 * Every file of the production dependencies of `project`, placed below `to`.
 * @throws PlatformError when a package that is not optional is not installed.
 */
export async function listDependencyFiles(project: string, to: string): Promise<DependencyFile[]> {
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as PackageLock & {
    packages?: Record<string, { optional?: boolean }>;
  };
  const files: DependencyFile[] = [];
  for (const folder of productionFolders(lock)) {
    if (!existsSync(join(project, folder))) {
      // Optional ones are builds for other machines.
      if (lock.packages?.[folder]?.optional) continue;
      throw new PlatformError(`${join(project, folder)} is not installed: run npm ci`);
    }
    await collect(
      join(project, folder),
      `${to}/${folder}`,
      '',
      (relative) => keepDependencyFile(folder, relative),
      files,
    );
  }
  return files;
}

async function collect(
  from: string,
  to: string,
  relative: string,
  keep: (relative: string) => boolean,
  files: DependencyFile[],
): Promise<void> {
  for (const name of (await readdir(join(from, relative))).sort()) {
    const inner = relative === '' ? name : `${relative}/${name}`;
    if (!keep(inner)) continue;
    const found = await stat(join(from, inner));
    if (found.isDirectory()) await collect(from, to, inner, keep, files);
    else files.push({ from: join(from, inner), to: `${to}/${inner}`, bytes: found.size });
  }
}
