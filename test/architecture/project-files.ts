import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './imports.ts';

export const root = join(import.meta.dirname, '../..');

/** What is committed or would be: everything that git does not ignore. */
export function projectPaths(): string[] {
  const arguments_ = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = execFileSync('git', arguments_, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

export const readProjectFile = (path: string): string => readFileSync(join(root, path), 'utf8');

/** All TypeScript of the checkout. */
export const sourceFiles = (): SourceFile[] =>
  projectPaths()
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readProjectFile(path) }));
