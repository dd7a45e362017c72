import { realpath } from 'node:fs/promises';
import { PlatformError } from '../errors.ts';
import { tryRun } from '../host/run.ts';
import type { FileEntry } from './layer.ts';

/**
 * Paths of the shared libraries in the output of `ldd`. Pure.
 * @throws PlatformError naming a library that is not on this machine.
 */
export function parseLdd(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    const missing = /^\s*(\S+) => not found/.exec(line);
    if (missing) throw new PlatformError(`shared library ${missing[1]} is not found: install the package that has it`);
    // `name => /path (0x…)` for libraries, `/path (0x…)` for the loader; linux-vdso has no path.
    const found = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)/.exec(line);
    return found?.[1] ? [found[1]] : [];
  });
}

/** The shared libraries of an ELF file, empty for a static one. @throws PlatformError as `parseLdd`. */
export async function librariesOf(file: string): Promise<string[]> {
  const answer = await tryRun('ldd', [file], { env: { LC_ALL: 'C' } });
  if (answer.exitCode === 0) return parseLdd(answer.stdout);
  if (/not a dynamic executable|statically linked/.test(answer.stdout + answer.stderr)) return [];
  throw new PlatformError(`ldd ${file} failed (exit ${answer.exitCode ?? 'none'}): ${answer.stderr || answer.stdout}`);
}

/**
 * A program of this machine with its libraries, each under the path it has here: a library that is found relative to the program
 * (`$ORIGIN`) is found in the image too.
 */
export async function collectProgram(program: string): Promise<FileEntry[]> {
  const path = await realpath(program);
  const libraries = await librariesOf(path);
  return [
    { from: path, to: path, mode: 0o755 },
    ...libraries.map((library) => ({ from: library, to: library, mode: 0o755 })),
  ];
}

/** Entries without those whose path an earlier one has. Pure. */
export function withoutDuplicates<T extends { readonly to: string }>(entries: readonly T[]): T[] {
  const seen = new Set<string>();
  return entries.filter(({ to }) => !seen.has(to) && seen.add(to));
}
