import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { repositoryCreateArguments } from '../../../activities/kopia/arguments.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import { formatIdentity } from '../../../api/identity.ts';
import { isWhole, parseVerifyLine, type VerifyReport } from '../../../api/verify-report.ts';
import { filesBelow } from '../care/clocked-repository.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const OTHER = { username: 'other-src', hostname: 'demo', path: '/data' };
const PARTS = 4;

let bench: Bench;
let data: string;

beforeAll(async () => {
  bench = new Bench(await kopiaBinary());
  bench.kopia(repositoryCreateArguments({ path: bench.repository }));
  writeFileSync(join(bench.data, 'kept'), 'the same in both');
  mkdirSync(join(bench.data, 'deep'));
  writeFileSync(join(bench.data, 'deep', 'large'), Buffer.alloc(6_000_000, 'x'));
  bench.backup('run-1');
  bench.backup('run-2', { identity: OTHER });
  rmSync(join(bench.data, 'kept'));
  writeFileSync(join(bench.data, 'new'), 'only in the last');
  bench.backup('run-3', { identity: OTHER });
  // The pack of the first backup: all its data.
  data = filesBelow(join(bench.repository, 'p'))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .at(-1)!;
});

afterAll(() => bench.remove());

beforeEach(() => {
  copyFileSync(data, join(bench.root, 'saved'));
  return () => copyFileSync(join(bench.root, 'saved'), data);
});

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program as its Job does, in this process; the cache of its configuration has been used before. */
async function verify(args: readonly string[], password = PASSWORD): Promise<Ended> {
  const cacheDirectory = join(bench.root, 'mover-cache');
  const configPath = join(bench.root, 'verify.config');
  const config = buildKopiaConfig({
    identity: IDENTITY,
    storage: folderStorage(bench.repository),
    cacheDirectory,
    readOnly: true,
  });
  writeFileSync(configPath, config);
  const before = readdirSync(cacheDirectory);
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text);
      return true;
    }),
  );
  const { argv } = process;
  process.argv = [argv[0]!, 'main.js', ...args];
  vi.stubEnv('KOPIA_CONFIG_PATH', configPath);
  vi.stubEnv('KOPIA_PASSWORD', password);
  vi.stubEnv('STOWAGE_KOPIA', bench.binary);
  vi.resetModules();
  try {
    await import('../../../activities/verifier/main.ts');
    expect(readdirSync(cacheDirectory)).toEqual(before);
    return { ...said, exitCode: Number(process.exitCode ?? 0) };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.argv = argv;
    process.exitCode = undefined;
    vi.unstubAllEnvs();
  }
}

async function report(args: readonly string[]): Promise<VerifyReport> {
  const { exitCode, stdout, stderr } = await verify(args);
  expect([exitCode, stderr]).toEqual([0, '']);
  return parseVerifyLine(stdout.trim())!;
}

function flip(offset: number): void {
  const bytes = readFileSync(data);
  bytes[offset]! ^= 1;
  writeFileSync(data, bytes);
}

it('finds nothing in a whole repository, and says how much it read', async () => {
  const quick = await report(['--mode', 'quick']);
  expect([isWhole(quick), quick.snapshots, quick.contentsRead]).toEqual([true, 3, 0]);
  expect(quick.contentsChecked).toBeGreaterThan(5);
  const deep = await report(['--mode', 'deep']);
  expect([isWhole(deep), deep.contentsRead]).toEqual([true, quick.contentsChecked]);
  expect(deep.bytesRead).toBeGreaterThan(1_000_000);
});

it('finds a missing pack without reading, and names every snapshot and file that needs it', async () => {
  rmSync(data);
  const found = await report(['--mode', 'quick']);
  expect(found.packs).toEqual([
    expect.objectContaining({ kind: 'missing', identities: [formatIdentity(IDENTITY), formatIdentity(OTHER)].sort() }),
  ]);
  expect(data.replaceAll('/', '')).toContain(found.packs[0]!.blob.slice(1));
  expect(found.affectedIdentities).toEqual([formatIdentity(IDENTITY), formatIdentity(OTHER)].sort());
  expect(found.affected.map(({ paths }) => paths)).toEqual([
    ['deep/large', 'kept'],
    ['deep/large', 'kept'],
    ['deep/large'],
  ]);
});

it('finds a flipped byte in exactly one part of a deep verification, although the cache knows the file', async () => {
  flip(Math.floor(statSync(data).size / 2));
  expect(isWhole(await report(['--mode', 'quick']))).toBe(true);
  const found: VerifyReport[] = [];
  for (let part = 0; part < PARTS; part++) {
    const each = await report(['--mode', 'deep', '--part', String(part), '--parts', String(PARTS)]);
    if (!isWhole(each)) found.push(each);
  }
  expect(found).toHaveLength(1);
  expect(found[0]!.packs.map(({ kind, contents }) => [kind, contents])).toEqual([['corrupt', 1]]);
  expect(found[0]!.affectedSnapshots).toBeGreaterThan(0);
});

it('is no verdict when it could not look', async () => {
  const wrong = await verify(['--mode', 'quick'], 'wrong');
  expect([wrong.exitCode, wrong.stdout]).toEqual([1, '']);
  expect(JSON.parse(wrong.stderr)).toEqual({ stowageVerifyError: expect.objectContaining({ type: 'WrongPassword' }) });
  const bad = await verify(['--mode', 'deep', '--part', '4', '--parts', '4']);
  expect(JSON.parse(bad.stderr).stowageVerifyError).toEqual({
    type: 'InvalidInput',
    message: '--part must be less than --parts',
  });
});
