import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { compareTree } from '../../../activities/checker/compare-tree.ts';
import { parseDirectory, snapshotTree } from '../../../activities/checker/snapshot-tree.ts';
import { printable } from '../../../activities/checker/tally.ts';
import { repositoryCreateArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import type { CreatedSnapshot } from '../../../activities/kopia/output.ts';
import { type KopiaServer, startKopiaServer } from '../../../activities/kopia/server.ts';
import type { Comparison } from '../../../workflows/restore/contract.ts';
import { Bench, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = process.getuid?.() === 0;
let bench: Bench;
let made: CreatedSnapshot;
let server: KopiaServer;
let socketRoot: string;
let restored: string;
let nth = 0;

/** Everything odd that a volume may hold and Kopia keeps. */
function plantTree(folder: string): void {
  const at = (...names: string[]): string => join(folder, ...names);
  mkdirSync(at('deep', ...Array.from({ length: 20 }, (_, i) => `level-${i}`)), { recursive: true });
  mkdirSync(at('empty'));
  mkdirSync(at('new\nline'));
  writeFileSync(at('plain'), 'plain content');
  writeFileSync(at('zero'), '');
  writeFileSync(at('new\nline', 'esc\u001b[31mred'), 'x');
  writeFileSync(at('-dash'), 'x');
  writeFileSync(at('$(id) `id` "quoted"'), 'x');
  writeFileSync(at('ümläut ☃'), 'x');
  writeFileSync(at('setuid'), 'x');
  chmodSync(at('setuid'), 0o4755);
  writeFileSync(at('private'), 'x', { mode: 0o600 });
  mkdirSync(at('sticky'));
  chmodSync(at('sticky'), 0o1777);
  mkdirSync(at('setgid'));
  chmodSync(at('setgid'), 0o2775);
  symlinkSync('../nowhere', at('dangling'));
  symlinkSync('/etc/passwd', at('absolute'));
  symlinkSync('deep', at('to-folder'));
  linkSync(at('plain'), at('hard'));
  const sparse = openSync(at('sparse'), 'w');
  writeSync(sparse, 'head');
  writeSync(sparse, 'tail', 40_000_000);
  closeSync(sparse);
  writeFileSync(at('large'), Buffer.alloc(9_000_000, 'stowage '));
  utimesSync(at('plain'), 4_102_444_800, 4_102_444_800);
  if (root) chownSync(at('deep'), 1001, 1002);
}

beforeAll(async () => {
  bench = new Bench(await kopiaBinary());
  bench.kopia(repositoryCreateArguments({ path: bench.repository }));
  plantTree(bench.data);
  made = bench.backup('run-1');
  socketRoot = mkdtempSync(join(tmpdir(), 'sc-'));
  const configPath = join(bench.root, 'check.config');
  writeFileSync(
    configPath,
    buildKopiaConfig({
      identity: { username: 'check', hostname: 'stowage' },
      storage: folderStorage(bench.repository),
      readOnly: true,
    }),
  );
  server = await startKopiaServer({
    binary: bench.binary,
    environment: { configPath, password: PASSWORD, homeDirectory: bench.root },
    socketRoot,
    startTimeoutMilliseconds: 60_000,
    silenceTimeoutMilliseconds: 60_000,
  });
});

afterAll(async () => {
  await server.stop();
  bench.remove();
  expect(readdirSync(socketRoot)).toEqual([]);
  rmSync(socketRoot, { recursive: true, force: true });
});

beforeEach(() => {
  nth++;
  restored = join(bench.root, `restored-${nth}`);
  bench.kopia(snapshotRestoreArguments({ snapshotId: made.summary.id, targetPath: restored, skipOwners: false }));
});

const compare = (sampleEvery = 1): Promise<Comparison> =>
  compareTree(snapshotTree(server), { root: restored, snapshotRoot: made.summary.rootObject, sampleEvery });

const counts = (comparison: Comparison) => ({
  mismatches: comparison.mismatches.count,
  owners: comparison.owners.count,
  modes: comparison.modes.count,
  times: comparison.times.count,
});

const NONE = { mismatches: 0, owners: 0, modes: 0, times: 0 };

describe('a restored tree', () => {
  it('that is right has no difference at all, and the counts of the snapshot', async () => {
    mkdirSync(join(restored, 'lost+found'));
    const result = await compare();
    expect([result.mismatches, result.owners, result.modes, result.times].flatMap(({ examples }) => examples)).toEqual(
      [],
    );
    const { files, directories, symlinks, bytes } = made.summary;
    expect([result.filesExpected, result.filesFound]).toEqual([files, files]);
    expect([result.directoriesExpected, result.directoriesFound]).toEqual([directories, directories]);
    expect([result.symlinksExpected, result.symlinksFound]).toEqual([symlinks, symlinks]);
    expect([result.bytesExpected, result.bytesFound]).toEqual([bytes, bytes]);
    expect(result.contentsCompared).toBe(files);
  });

  it('is compared in every n-th content, the first one always', async () => {
    const files = made.summary.files;
    expect((await compare(5)).contentsCompared).toBe(Math.ceil(files / 5));
    expect((await compare(1_000_000)).contentsCompared).toBe(1);
  });

  const planted: [what: string, plant: (at: (name: string) => string) => void, example: string][] = [
    ['a missing file', (at) => unlinkSync(at('plain')), 'plain: is missing'],
    ['a missing folder', (at) => rmSync(at('deep'), { recursive: true }), 'deep: is missing'],
    ['a missing link', (at) => unlinkSync(at('dangling')), 'dangling: is missing'],
    ['a surplus file', (at) => writeFileSync(at('empty/more'), 'x'), 'empty/more: is not in the snapshot'],
    ['a surplus folder', (at) => mkdirSync(at('more')), 'more: is not in the snapshot'],
    ['lost+found below the top', (at) => mkdirSync(at('empty/lost+found')), 'empty/lost+found: is not in the snapshot'],
    ['a pipe', (at) => void spawnSync('mkfifo', [at('pipe')]), 'pipe: is not in the snapshot'],
    ['a longer file', (at) => appendFileSync(at('private'), 'y'), 'private: has 2 bytes, not 1'],
    ['a cut file', (at) => truncateSync(at('large'), 8_999_999), 'large: has 8999999 bytes, not 9000000'],
    ['another content', (at) => writeFileSync(at('-dash'), 'y'), '-dash: has another content'],
    ['a changed last byte', (at) => changeByte(at('large'), 8_999_999), 'large: has another content'],
    ['a byte in a hole', (at) => changeByte(at('sparse'), 20_000_000), 'sparse: has another content'],
    [
      'another target',
      (at) => {
        unlinkSync(at('absolute'));
        symlinkSync('/etc/shadow', at('absolute'));
      },
      'absolute: links to /etc/shadow, not /etc/passwd',
    ],
    [
      'a link in place of a file',
      (at) => {
        unlinkSync(at('zero'));
        symlinkSync('plain', at('zero'));
      },
      'zero: is symlink, not file',
    ],
    [
      'a file in place of a folder',
      (at) => {
        rmSync(at('deep'), { recursive: true });
        writeFileSync(at('deep'), '');
      },
      'deep: is file, not directory',
    ],
  ];

  it.each(planted)('with %s is refused', async (_, plant, example) => {
    plant((name) => join(restored, name));
    const result = await compare();
    expect(result.mismatches.examples).toEqual([example]);
    expect(result.mismatches.count).toBe(1);
    expect(result.filesExpected).toBe(made.summary.files);
    expect(result.directoriesExpected).toBe(made.summary.directories);
    expect(result.bytesExpected).toBe(made.summary.bytes);
  });

  it('with other modes, times and owners is counted and named, not refused', async () => {
    chmodSync(join(restored, 'setuid'), 0o755);
    chmodSync(join(restored, 'sticky'), 0o777);
    lutimesSync(join(restored, 'dangling'), 1, 1);
    if (root) chownSync(join(restored, 'private'), 5, 6);
    const result = await compare();
    expect(counts(result)).toEqual({ ...NONE, modes: 2, times: 1, owners: root ? 1 : 0 });
    expect([...result.modes.examples].sort()).toEqual(['setuid: 0755, not 4755', 'sticky: 0777, not 1777']);
    expect(result.times.examples[0]).toMatch(/^dangling: 1970-01-01T00:00:01\.000Z, not /);
    if (root) expect(result.owners.examples).toEqual(['private: 5:6, not 0:0']);
  });

  it('names at most ten of many, with harmless text for any name', async () => {
    unlinkSync(join(restored, 'new\nline', 'esc\u001b[31mred'));
    for (let i = 0; i < 30; i++) writeFileSync(join(restored, `surplus\u001b${i}`), 'x');
    const { mismatches } = await compare();
    expect(mismatches.count).toBe(31);
    expect(mismatches.examples).toHaveLength(10);
    for (const example of mismatches.examples) expect(example).toBe(printable(example).replaceAll('\\\\', '\\'));
  });
});

function changeByte(path: string, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([1]), 0, 1, at);
  closeSync(file);
}

describe('the snapshot side', () => {
  it('counts a name that the snapshot holds twice as lost', async () => {
    const entry = { name: 'bad\ufffd', type: 'f', mode: '0644', size: 1, mtime: '2026-11-23T00:00:00Z', obj: 'x' };
    const twice = parseDirectory(JSON.stringify({ stream: 'kopia:directory', entries: [entry, entry] }), 'k1');
    const folder = mkdtempSync(join(bench.root, 'twice-'));
    writeFileSync(join(folder, 'bad\ufffd'), 'x');
    const tree = { entries: async () => twice, content: snapshotTree(server).content };
    const result = await compareTree(
      {
        ...tree,
        content: async () => {
          throw new Error('not read');
        },
      },
      {
        root: folder,
        snapshotRoot: 'k1',
        sampleEvery: 2,
      },
    ).catch(() => undefined);
    expect(result).toBeUndefined();
    unlinkSync(join(folder, 'bad\ufffd'));
    const lost = await compareTree(tree, { root: folder, snapshotRoot: 'k1', sampleEvery: 1 });
    expect(lost.mismatches.count).toBe(2);
    expect(lost.mismatches.examples).toContain('bad\ufffd: the snapshot holds this name twice');
  });

  it('refuses an object that is not a directory', async () => {
    expect(() => parseDirectory('{"entries":[]}', 'k1')).toThrow(/not a directory/);
    expect(() => parseDirectory('plain text', 'k1')).toThrow(/not a directory/);
    expect(parseDirectory('{"stream":"kopia:directory","entries":null}', 'k1')).toEqual([]);
    const wrong = compareTree(snapshotTree(server), {
      root: restored,
      snapshotRoot: 'kffffffffffffffffffffffffffffffff',
      sampleEvery: 1,
    });
    await expect(wrong).rejects.toMatchObject({ name: 'PortError' });
  });
});

describe('what an example may show', () => {
  it('has no character that a terminal obeys', () => {
    expect(printable('a\nb\u001b[31m\u202ec\\')).toBe('a\\u{a}b\\u{1b}[31m\\u{202e}c\\\\');
    expect(printable('ümläut ☃')).toBe('ümläut ☃');
  });
});
