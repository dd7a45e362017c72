import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRepositoryActivities, type RepositoryRole } from '../../../activities/repository/activities.ts';
import { REPOSITORY_LAYOUTS } from '../../../api/repository-layout.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
const RETAIN = { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };

let bench: Bench;
let volume: string;
let role: RepositoryRole;

const roleOf = (root: string): RepositoryRole =>
  createRepositoryActivities({
    repository: 'kopia',
    path: root,
    kopiaBinary: binary,
    password: () => PASSWORD,
    cacheDirectory: bench.cache,
  });

/** A repository as VolSync's movers make it: by `repository create`, with Kopia's own modes, in a folder of the volume. */
function createByVolSync(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const config = join(bench.root, `volsync-${folder.length}.config`);
  bench.kopia([
    ...['repository', 'create', 'filesystem', `--path=${folder}`, `--config-file=${config}`],
    ...[
      '--override-username=app-src',
      '--override-hostname=demo',
      `--cache-directory=${join(bench.root, 'old-cache')}`,
    ],
  ]);
}

/** Every path below a folder with its modification time: equal before and after means that nothing was written. */
const everything = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`)
    .sort();

async function failure(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ApplicationFailure);
  return outcome as ApplicationFailure;
}

beforeEach(() => {
  bench = new Bench(binary);
  volume = join(bench.root, 'volume');
  mkdirSync(volume);
  writeFileSync(join(bench.data, 'file'), 'content');
  role = roleOf(volume);
});

afterEach(async () => {
  await role.close();
  bench.remove();
});

describe('a repository that VolSync left', () => {
  it.each(REPOSITORY_LAYOUTS)(
    'is found in "%s" of its volume, backed up into and read back, and nothing is written to find it',
    async (layout) => {
      const folder = join(volume, layout);
      createByVolSync(folder);
      const before = everything(volume);
      const found = await role.identifyRepository({ repository: 'kopia' });
      expect(found.path ?? '').toBe(layout);
      expect(everything(volume)).toEqual(before);

      const opening = {
        repository: 'kopia',
        expectedUniqueId: found.uniqueId,
        identity: IDENTITY,
        retain: RETAIN,
        compression: 'zstd-fastest',
        parallelism: 2,
        approveRetention: false,
        approveShrink: false,
      };
      expect((await role.openRepository(opening)).policyChanged).toBe(true);
      Object.defineProperty(bench, 'repository', { value: folder });
      const { summary } = bench.backup('run-1');
      const read = await role.readBackSnapshot({
        repository: 'kopia',
        expectedUniqueId: found.uniqueId,
        identity: IDENTITY,
        runId: 'run-1',
        snapshotId: summary.id,
      });
      expect(read.snapshot.files).toBe(1);
      expect((await role.openRepository(opening)).previous?.id).toBe(summary.id);
    },
  );

  it('is not chosen when there are two, and both are named', async () => {
    createByVolSync(volume);
    createByVolSync(join(volume, 'repository'));
    const before = everything(volume);
    const error = await failure(role.identifyRepository({ repository: 'kopia' }));
    expect([error.type, error.nonRetryable]).toEqual(['RepositoryExists', true]);
    expect(error.message).toContain(`'${volume}' (unique id `);
    expect(error.message).toContain(`'${join(volume, 'repository')}' (unique id `);
    expect(everything(volume)).toEqual(before);
  });

  it('is still the known one beside another, and is refused as soon as a copy of it lies there too', async () => {
    const folder = join(volume, 'repository');
    createByVolSync(folder);
    const { uniqueId } = await role.identifyRepository({ repository: 'kopia' });
    createByVolSync(join(bench.root, 'other'));
    await cp(join(bench.root, 'other'), volume, { recursive: true });
    const listing = { repository: 'kopia', expectedUniqueId: uniqueId, identity: IDENTITY };
    expect((await role.listRepositorySnapshots(listing)).snapshots).toEqual([]);
    // Node refuses to copy a folder into itself.
    await cp(folder, join(bench.root, 'copy'), { recursive: true });
    await cp(join(bench.root, 'copy'), join(folder, 'repository'), { recursive: true });
    const error = await failure(role.listRepositorySnapshots(listing));
    expect(error.type).toBe('RepositoryChanged');
    expect(error.message).toContain('more than once');
  });

  it('that is nowhere is RepositoryNotFound, with every place that was looked at, and no folder is made', async () => {
    const error = await failure(role.identifyRepository({ repository: 'kopia' }));
    expect([error.type, error.nonRetryable]).toEqual(['RepositoryNotFound', true]);
    for (const layout of REPOSITORY_LAYOUTS) expect(error.message).toContain(`'${join(volume, layout)}'`);
    expect(readdirSync(volume)).toEqual([]);
  });

  it('is not overlooked behind a folder that may not be read', async () => {
    createByVolSync(join(volume, 'repository'));
    const { uniqueId } = await role.identifyRepository({ repository: 'kopia' });
    writeFileSync(join(volume, 'kopia.repository.f'), 'not a format file');
    const error = await failure(role.identifyRepository({ repository: 'kopia' }));
    expect(error.type).toBe('RepositoryCorrupt');
    // What is known goes on: the stray file is somebody else's.
    const listing = { repository: 'kopia', expectedUniqueId: uniqueId, identity: IDENTITY };
    expect((await role.listRepositorySnapshots(listing)).snapshots).toEqual([]);
  });

  it('is never created beside one that lies deeper', async () => {
    createByVolSync(join(volume, 'repository'));
    const before = everything(volume);
    const error = await failure(role.createRepository({ repository: 'kopia', runId: 'init-1' }));
    expect(error.type).toBe('RepositoryExists');
    expect(everything(volume)).toEqual(before);
  });
});
