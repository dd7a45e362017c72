import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cacheKey, cacheRoot, setDirectory } from '../../platform/toolchain/cache.ts';
import { ensureTools } from '../../platform/toolchain/ensure.ts';
import { allTools, setOf } from '../../platform/toolchain/sets.ts';

// Stands in for Go: answers its version, and "builds" by writing the output file after a moment. GO_FAIL makes the build fail half way.
const fakeGo = (version: string): string => `#!${process.execPath}
const fs = require('fs'); const path = require('path');
const args = process.argv.slice(2);
if (args[0] === 'env') { console.log('go${version}\\nlocal'); process.exit(0); }
fs.appendFileSync(path.join(__dirname, 'builds'), 'build\\n');
const out = args[args.indexOf('-o') + 1];
if (process.env.GO_FAIL) { fs.writeFileSync(out + '.half', ''); console.error('no such module'); process.exit(1); }
setTimeout(() => { fs.writeFileSync(out, '#!/bin/sh\\n', { mode: 0o755 }); }, 150);
`;

let folder: string;
const lines: string[] = [];
const log = (line: string): void => void lines.push(line);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-tools-'));
  await program('go', fakeGo('1.99.0'));
  vi.stubEnv('PATH', folder);
  vi.stubEnv('STOWAGE_CACHE_DIR', join(folder, 'cache'));
  lines.length = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

const answering = (text: string): string => `#!${process.execPath}\nconsole.log(${JSON.stringify(text)});\n`;
const builds = async (): Promise<number> =>
  (await readFile(join(folder, 'builds'), 'utf8').catch(() => '')).split('\n').length - 1;

test('a configured path is taken as it is, before anything else', async () => {
  const path = await program('my-kopia', answering('whatever'));
  vi.stubEnv('STOWAGE_TOOL_KOPIA', path);
  expect(await ensureTools(['kopia'], { onProgress: log })).toEqual({ kopia: path });
  expect(await builds()).toBe(0);
});

test('a configured path that cannot be executed is an error that names the variable', async () => {
  vi.stubEnv('STOWAGE_TOOL_KOPIA', join(folder, 'absent'));
  await expect(ensureTools(['kopia'])).rejects.toThrow(/STOWAGE_TOOL_KOPIA/);
});

test('a program on PATH is taken in the pinned version only', async () => {
  const path = await program('kopia', answering('0.21.1 build: x from: kopia/kopia'));
  expect(await ensureTools(['kopia'], { onProgress: log })).toEqual({ kopia: path });
  await program('kopia', answering('0.22.3 build: x from: kopia/kopia'));
  expect((await ensureTools(['kopia'], { onProgress: log })).kopia).toContain(join(folder, 'cache'));
});

test('a build is done once, cached by version and hash, and told with number and time', async () => {
  const first = await ensureTools(['kopia'], { onProgress: log });
  expect(first.kopia).toMatch(/tools\/kopia\/v0\.21\.1-[0-9a-f]{12}\/bin\/kopia$/);
  expect(await ensureTools(['kopia'], { onProgress: log })).toEqual(first);
  expect(await builds()).toBe(1);
  expect(lines[0]).toMatch(/kopia v0\.21\.1 \(1 of 1\): building kopia/);
  expect(lines[1]).toMatch(/built in/);
});

test('two that ask at the same time build once, and both get it', async () => {
  const [one, two] = await Promise.all([
    ensureTools(['kopia'], { onProgress: log }),
    ensureTools(['kopia'], { onProgress: log }),
  ]);
  expect(one).toEqual(two);
  expect(await builds()).toBe(1);
  expect(lines.join('\n')).toContain('another process');
});

test('a failed build says what Go said and leaves nothing half', async () => {
  vi.stubEnv('GO_FAIL', '1');
  await expect(ensureTools(['kopia'], { onProgress: log })).rejects.toThrow(/no such module/);
  expect(await readdir(join(folder, 'cache/tools/kopia'))).toEqual([]);
});

test('what a killed build left is removed by the next one', async () => {
  const target = await setDirectory(setOf('kopia')!);
  await mkdir(join(dirname(target), `${target.split('/').pop()}.building-1`, 'bin'), { recursive: true });
  await ensureTools(['kopia'], { onProgress: log });
  expect(await readdir(dirname(target))).toEqual([target.split('/').pop()]);
});

test('Go missing or too old is one message with version and ways out', async () => {
  await program('go', fakeGo('1.20'));
  await expect(ensureTools(['kopia'])).rejects.toThrow(/Go 1\.20 is too old.*STOWAGE_TOOL_.*--context/);
  await rm(join(folder, 'go'));
  await expect(ensureTools(['kopia'])).rejects.toThrow(/Go is not installed.*kopia/);
});

test('the cache key changes with sums, module, flags and own sources, and starts with the version', () => {
  const set = setOf('kopia')!;
  const key = cacheKey(set, 'a', 'b');
  expect(key).toMatch(/^v0\.21\.1-[0-9a-f]{12}$/);
  expect(
    new Set([
      key,
      cacheKey(set, 'a', 'c'),
      cacheKey(set, 'ab', ''),
      cacheKey({ ...set, ldflags: '-s' }, 'a', 'b'),
      cacheKey(set, 'a', 'b', 'package main'),
      cacheKey({ ...set, tags: ['testing'] }, 'a', 'b'),
    ]).size,
  ).toBe(6);
});

test('no boot asks for a program that only tests need', () => {
  expect(setOf('kopia-fake-clock')?.module).toBe('kopia');
  expect(allTools).toContain('kopia');
  expect(allTools).not.toContain('kopia-fake-clock');
});

test('the cache is where the environment says', () => {
  expect(cacheRoot({ STOWAGE_CACHE_DIR: '/c', XDG_CACHE_HOME: '/x' })).toBe('/c');
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe('/x/stowage');
  expect(cacheRoot({})).toMatch(/\/\.cache\/stowage$/);
  expect(() => cacheRoot({ STOWAGE_CACHE_DIR: 'c' })).toThrow(/absolute/);
});
