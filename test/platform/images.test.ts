import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildImage } from '../../platform/images/archive.ts';
import { keepDependencyFile, listDependencyFiles, productionFolders } from '../../platform/images/dependencies.ts';
import { digestOf, keyOf } from '../../platform/images/digest.ts';
import { ensureCached, pruneCached } from '../../platform/images/image-cache.ts';
import { buildLayer, type LayerEntry } from '../../platform/images/layer.ts';
import { librariesOf, parseLdd, withoutDuplicates } from '../../platform/images/program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sample(order: 'forwards' | 'backwards', stamp: Date): Promise<LayerEntry[]> {
  const source = join(folder, order);
  await mkdir(join(source, 'tree/inner'), { recursive: true });
  await writeFile(join(source, 'program'), '#!', { mode: order === 'forwards' ? 0o711 : 0o755 });
  await writeFile(join(source, 'tree/inner/data'), 'data', { mode: order === 'forwards' ? 0o600 : 0o664 });
  await symlink('inner/data', join(source, 'tree/linked'));
  await writeFile(join(source, 'tree/left-out.map'), order);
  await chmod(join(source, 'tree'), order === 'forwards' ? 0o700 : 0o777);
  for (const name of ['program', 'tree', 'tree/inner/data']) await utimes(join(source, name), stamp, stamp);
  const entries: LayerEntry[] = [
    { from: join(source, 'program'), to: '/bin/program' },
    { tree: join(source, 'tree'), to: '/tree', keep: (relative) => !relative.endsWith('.map') },
    { text: 'root:x:0:0::/:\n', to: '/etc/passwd' },
    { link: 'program', to: '/bin/alias' },
    { folder: true, to: '/tmp', mode: 0o1777 },
  ];
  return order === 'forwards' ? entries : entries.reverse();
}

describe('a layer', () => {
  it('has the same digest for the same content, whatever its order, times, owners and umask', async () => {
    const one = await buildLayer({ files: await sample('forwards', new Date(0)) }, join(folder, 'one.tar'));
    const before = process.umask(0o077);
    const other = await buildLayer({ files: await sample('backwards', new Date()) }, join(folder, 'other.tar')).finally(
      () => process.umask(before),
    );
    expect(other.digest).toBe(one.digest);
    expect(one.digest).toBe(await digestOf(one.tar));
  });

  it('holds exactly what was given, with modes and no trace of this machine', async () => {
    const { tar } = await buildLayer({ files: await sample('forwards', new Date()) }, join(folder, 'layer.tar'));
    const lines = execFileSync('tar', ['--list', '--verbose', '--file', tar], { encoding: 'utf8', env: { TZ: 'UTC' } });
    const listed = lines
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+\d+ (1970-01-01 00:00)/, ' $1'));
    expect(listed).toEqual([
      'drwxr-xr-x 0/0 1970-01-01 00:00 bin/',
      'lrwxrwxrwx 0/0 1970-01-01 00:00 bin/alias -> program',
      '-rwxr-xr-x 0/0 1970-01-01 00:00 bin/program',
      'drwxr-xr-x 0/0 1970-01-01 00:00 etc/',
      '-rw-r--r-- 0/0 1970-01-01 00:00 etc/passwd',
      'drwxrwxrwt 0/0 1970-01-01 00:00 tmp/',
      'drwxr-xr-x 0/0 1970-01-01 00:00 tree/',
      'drwxr-xr-x 0/0 1970-01-01 00:00 tree/inner/',
      '-rw-r--r-- 0/0 1970-01-01 00:00 tree/inner/data',
      '-rw-r--r-- 0/0 1970-01-01 00:00 tree/linked',
    ]);
  });

  it('refuses two entries of one path', async () => {
    const files: LayerEntry[] = [
      { text: 'a', to: '/a' },
      { text: 'b', to: '/a' },
    ];
    await expect(buildLayer({ files }, join(folder, 'layer.tar'))).rejects.toThrow('/a is given twice');
  });
});

describe('an image', () => {
  it('is a docker-archive whose configuration names its layers, the same bytes each time', async () => {
    const spec = {
      reference: 'stowage.test/x:1',
      layers: [{ files: [{ text: 'a', to: '/a' }] }, { files: [{ text: 'b', to: '/b' }] }],
      env: { B: '2', A: '1' },
      entrypoint: ['/x'],
      user: '1000:1000',
    };
    const first = await buildImage({ ...spec, output: join(folder, '1.tar') });
    const second = await buildImage({ ...spec, output: join(folder, '2.tar') });
    expect(readFileSync(first.tar).equals(readFileSync(second.tar))).toBe(true);

    const read = (name: string) => execFileSync('tar', ['--extract', '--to-stdout', '--file', first.tar, name]);
    const [manifest] = JSON.parse(read('manifest.json').toString());
    expect(manifest.RepoTags).toEqual(['stowage.test/x:1']);
    const config = JSON.parse(read(manifest.Config).toString());
    expect(config.config).toEqual({ Env: ['A=1', 'B=2'], Entrypoint: ['/x'], User: '1000:1000' });
    expect(config.rootfs.diff_ids).toEqual(manifest.Layers.map((name: string) => `sha256:${name.replace('.tar', '')}`));
    await writeFile(join(folder, 'layer'), read(manifest.Layers[1]));
    expect(`${await digestOf(join(folder, 'layer'))}.tar`).toBe(manifest.Layers[1]);
  });
});

describe('a program of this machine', () => {
  it('is found with its loader and libraries, and a missing one is named', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007ff)',
      '\tlibz.so.1 => /lib/libz.so.1 (0x00007f1)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)',
    ];
    expect(parseLdd(output.join('\n'))).toEqual(['/lib/libz.so.1', '/lib64/ld-linux-x86-64.so.2']);
    expect(() => parseLdd('\tlibgone.so.3 => not found')).toThrow('libgone.so.3 is not found');
  });

  it('node here needs libraries that are here', async () => {
    expect(await librariesOf(process.execPath)).toContainEqual(expect.stringMatching(/\/libc\.so\.6$/));
  });

  it('keeps the first of two entries for one path', () => {
    expect(
      withoutDuplicates([
        { to: '/a', n: 1 },
        { to: '/b', n: 2 },
        { to: '/a', n: 3 },
      ]),
    ).toEqual([
      { to: '/a', n: 1 },
      { to: '/b', n: 2 },
    ]);
  });
});

describe('production dependencies', () => {
  it('are those the lock file does not call development only', () => {
    const packages = {
      '': {},
      'node_modules/b': {},
      'node_modules/a': { dev: false },
      'node_modules/t': { dev: true },
    };
    expect(productionFolders({ packages })).toEqual(['node_modules/a', 'node_modules/b']);
  });

  it.each([
    ['lib/index.js', true],
    ['LICENSE.md', true],
    ['lib/index.d.ts', false],
    ['lib/index.js.map', false],
    ['README.md', false],
    ['docs/page.html', false],
    ['lib/docs/page.js', true],
    ['node_modules/inner/index.js', false],
    ['prebuilds/darwin-arm64/x.node', false],
    [`prebuilds/${process.platform}-${process.arch}/x.node`, true],
  ])('%s is kept: %s', (relative, kept) => {
    expect(keepDependencyFile('node_modules/any', relative)).toBe(kept);
  });

  it("keep of the Temporal bridge this machine's build alone", () => {
    const bridge = 'node_modules/@temporalio/core-bridge';
    const target = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
    expect(keepDependencyFile(bridge, `releases/${target}/index.node`)).toBe(true);
    expect(keepDependencyFile(bridge, 'releases/x86_64-pc-windows-msvc/index.node')).toBe(false);
    expect(keepDependencyFile(bridge, 'sdk-core/Cargo.toml')).toBe(false);
  });

  it('must be installed, but for optional ones of other machines', async () => {
    const lock = (optional: boolean) => JSON.stringify({ packages: { 'node_modules/gone': { optional } } });
    await writeFile(join(folder, 'package-lock.json'), lock(true));
    expect(await listDependencyFiles(folder, '/app')).toEqual([]);
    await writeFile(join(folder, 'package-lock.json'), lock(false));
    await expect(listDependencyFiles(folder, '/app')).rejects.toThrow(/not installed/);
  });
});

describe('the cache', () => {
  it('makes a file once for all who ask at the same time, and again after a failure', async () => {
    const options = { directory: folder };
    let made = 0;
    const make = async (file: string) => {
      made += 1;
      if (made === 1) throw new Error('failed');
      await writeFile(file, 'x');
    };
    await expect(ensureCached('a', 'k', options, make)).rejects.toThrow('failed');
    const files = await Promise.all([1, 2, 3].map(() => ensureCached('a', 'k', options, make)));
    expect([made, new Set(files).size]).toEqual([2, 1]);
  });

  it('drops the least recently used of a name and nothing else', async () => {
    const name = (n: number) => join(folder, `a-${keyOf([String(n)])}.tar`);
    for (const n of [1, 2, 3]) {
      await writeFile(name(n), 'x');
      await utimes(name(n), n, n);
    }
    const other = join(folder, `b-${keyOf(['1'])}.tar`);
    await writeFile(other, 'x');
    await pruneCached('a', 2, { directory: folder });
    expect([name(1), name(2), name(3), other].map((file) => existsSync(file))).toEqual([false, true, true, true]);
  });
});
