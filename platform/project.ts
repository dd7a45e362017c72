import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from './errors.ts';

const here = fileURLToPath(import.meta.url);

/** The checkout's top folder: the nearest one above this file that holds the pinned tool modules. */
export function projectRoot(): string {
  for (let folder = dirname(here); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'platform/tools/kubernetes/go.mod'))) return folder;
  }
  throw new PlatformError(`no Stowage checkout above ${here}: platform/tools/kubernetes/go.mod is missing`);
}

/**
 * The folder of the compiled project, from which child processes are started: where this file runs compiled, its own;
 * under a TypeScript runner (vitest) `STOWAGE_DIST`, else `dist/` of the checkout.
 */
export function compiledRoot(environment: NodeJS.ProcessEnv = process.env): string {
  if (here.endsWith('.js')) return dirname(dirname(here));
  return environment.STOWAGE_DIST ?? join(projectRoot(), 'dist');
}
