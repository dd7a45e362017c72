import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunKopia, runKopia } from '../../../activities/kopia/process.ts';
import { createRepositoryActivities, type RepositoryRole } from '../../../activities/repository/activities.ts';
import type { OpenRepositoryInput, SnapshotSummary } from '../../../workflows/repository/contract.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
const RETAIN = { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };

let bench: Bench;
let roles: RepositoryRole[];
let role: RepositoryRole;

function roleOf(
  options: { readonly password?: string; readonly now?: Date; readonly runKopia?: RunKopia } = {},
): RepositoryRole {
  const created = createRepositoryActivities({
    repository: 'kopia',
    path: bench.repository,
    kopiaBinary: binary,
    password: () => options.password ?? PASSWORD,
    cacheDirectory: bench.cache,
    ...(options.now ? { now: () => options.now! } : {}),
    ...(options.runKopia ? { runKopia: options.runKopia } : {}),
  });
  roles.push(created);
  return created;
}

beforeEach(() => {
  bench = new Bench(binary);
  roles = [];
  role = roleOf();
  writeFileSync(join(bench.data, 'file'), 'content');
});

afterEach(async () => {
  for (const each of roles) await each.close();
  bench.remove();
});

function untagged({ tags: _, ...rest }: SnapshotSummary): Omit<SnapshotSummary, 'tags'> {
  return rest;
}

/** Kopia servers that this test process started. */
function ownServers(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0server\0start'));
}

const create = async (): Promise<string> =>
  (await role.createRepository({ repository: 'kopia', runId: 'init-1' })).uniqueId;

const opening = (expectedUniqueId: string, more: Partial<OpenRepositoryInput> = {}): OpenRepositoryInput => ({
  repository: 'kopia',
  expectedUniqueId,
  identity: IDENTITY,
  retain: RETAIN,
  compression: 'zstd-fastest',
  parallelism: 2,
  approveRetention: false,
  approveShrink: false,
  ...more,
});

async function failure(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ApplicationFailure);
  return outcome as ApplicationFailure;
}

describe('opening a repository', () => {
  it('never creates anything on an empty mount', async () => {
    const error = await failure(role.openRepository(opening('00')));
    expect(error.type).toBe('RepositoryNotFound');
    expect(error.nonRetryable).toBe(true);
    expect(error.message).toContain('it is empty');
    expect(readdirSync(bench.repository)).toEqual([]);
  });

  it('names a mount that is gone', async () => {
    rmSync(bench.repository, { recursive: true });
    expect((await failure(role.openRepository(opening('00')))).type).toBe('RepositoryNotFound');
  });

  it('refuses another repository than the known one, and another name than its own', async () => {
    const uniqueId = await create();
    expect((await failure(role.openRepository(opening('ab'.repeat(32))))).type).toBe('RepositoryChanged');
    const other = await failure(role.openRepository(opening(uniqueId, { repository: 'other' })));
    expect(other.type).toBe('InvalidInput');
  });

  it('tells a wrong password at once, and never shows one', async () => {
    const uniqueId = await create();
    const wrong = roleOf({ password: 'a-wrong-password' });
    const error = await failure(wrong.openRepository(opening(uniqueId)));
    expect([error.type, error.nonRetryable]).toEqual(['WrongPassword', true]);
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('a-wrong-password');
  });

  it('notices that the repository was emptied behind a warm client (M1)', async () => {
    const uniqueId = await create();
    await role.openRepository(opening(uniqueId));
    bench.backup('run-1');
    for (const name of readdirSync(bench.repository)) rmSync(join(bench.repository, name), { recursive: true });
    expect((await failure(role.openRepository(opening(uniqueId)))).type).toBe('RepositoryNotFound');
    const read = role.readBackSnapshot({
      repository: 'kopia',
      expectedUniqueId: uniqueId,
      identity: IDENTITY,
      runId: 'run-1',
      snapshotId: '0'.repeat(32),
    });
    expect((await failure(read)).type).toBe('RepositoryNotFound');
    expect(readdirSync(bench.repository)).toEqual([]);
  });

  it('notices that only the format file came back, and that another repository was mounted', async () => {
    const uniqueId = await create();
    const first = await role.openRepository(opening(uniqueId));
    expect(first.previous).toBeUndefined();
    const made = bench.backup('run-1');
    expect((await role.openRepository(opening(uniqueId))).previous?.id).toBe(made.summary.id);
    rmSync(bench.repository, { recursive: true });
    mkdirSync(bench.repository);
    const swapped = await create();
    expect((await failure(role.openRepository(opening(uniqueId)))).type).toBe('RepositoryChanged');
    expect((await role.openRepository(opening(swapped))).snapshotIds).toEqual([]);
  });

  it('keeps a Kopia open that sees what others write meanwhile, and survives its end', async () => {
    const uniqueId = await create();
    const spawned = vi.fn(runKopia);
    const counting = roleOf({ runKopia: spawned });
    await vi.waitFor(
      async () => {
        spawned.mockClear();
        await counting.openRepository(opening(uniqueId));
        expect(spawned).not.toHaveBeenCalled();
      },
      { timeout: 30_000 },
    );
    const made = bench.backup('run-1');
    const seen = await counting.openRepository(opening(uniqueId));
    expect(seen.previous).toEqual({ ...untagged(made.summary), retentionReasons: expect.any(Array) });
    bench.kopia(['policy', 'set', '--keep-latest=3', 'app-src@demo:/data']);
    expect(spawned).not.toHaveBeenCalled();
    expect((await counting.openRepository(opening(uniqueId))).policyChanged).toBe(true);
    expect(ownServers()).toHaveLength(1);
    process.kill(ownServers()[0]!, 'SIGKILL');
    expect((await counting.openRepository(opening(uniqueId))).previous?.id).toBe(made.summary.id);
  });

  it('sets all tiers once, and leaves an equal policy alone', async () => {
    const uniqueId = await create();
    expect((await role.openRepository(opening(uniqueId))).policyChanged).toBe(true);
    const shown = JSON.parse(bench.kopia(['policy', 'show', '--json', 'app-src@demo:/data'])) as {
      retention: Record<string, number>;
      compression: { compressorName: string };
    };
    expect(shown.retention).toMatchObject({
      keepLatest: 2,
      keepHourly: 24,
      keepDaily: 7,
      keepWeekly: 0,
      keepMonthly: 0,
      keepAnnual: 0,
    });
    expect(shown.compression.compressorName).toBe('zstd-fastest');
    const before = JSON.parse(bench.kopia(['policy', 'list', '--json'])) as unknown;
    expect((await role.openRepository(opening(uniqueId))).policyChanged).toBe(false);
    expect(JSON.parse(bench.kopia(['policy', 'list', '--json']))).toEqual(before);
    bench.kopia(['policy', 'set', '--keep-latest=3', 'app-src@demo:/data']);
    expect((await role.openRepository(opening(uniqueId))).policyChanged).toBe(true);
  });

  it('holds a tighter retention that would remove snapshots, until it is approved', async () => {
    const uniqueId = await create();
    const made = [1, 2, 3, 4].map((day) => bench.backup(`run-${day}`, { startTime: `2026-11-0${day} 12:00:00 UTC` }));
    const tight = { ...RETAIN, hourly: 0, daily: 2 };
    const held = await failure(role.openRepository(opening(uniqueId, { retain: tight })));
    expect([held.type, held.nonRetryable]).toEqual(['Suspicious', true]);
    expect(held.message).toContain('2 existing snapshots');
    expect(held.message).toContain(made[1]!.summary.id);
    expect(held.message).toContain(made[0]!.summary.id);
    expect(held.message).toContain('approveRetention');
    const untouched = JSON.parse(bench.kopia(['policy', 'show', '--json', 'app-src@demo:/data'])) as {
      retention: object;
    };
    expect(untouched.retention).toMatchObject({ keepDaily: 7, keepMonthly: 24 });
    const approved = await role.openRepository(opening(uniqueId, { retain: tight, approveRetention: true }));
    expect(approved.snapshotIds).toHaveLength(4);
    bench.backup('run-5', { startTime: '2026-11-05 12:00:00 UTC' });
    const after = await role.openRepository(opening(uniqueId, { retain: tight }));
    expect(after.snapshotIds).toHaveLength(2);
  });

  it('does not take a canceled, an incomplete or a future snapshot as the previous one', async () => {
    const uniqueId = await create();
    await role.openRepository(opening(uniqueId));
    const good = bench.backup('run-1', { startTime: '2026-11-01 12:00:00 UTC' });
    bench.backup('run-ahead', { startTime: '2026-11-05 12:00:00 UTC' });
    const early = roleOf({ now: new Date('2026-11-02T12:00:00Z') });
    expect((await early.openRepository(opening(uniqueId))).previous?.id).toBe(good.summary.id);
  });
});

describe('proving and selecting snapshots', () => {
  const reading = (expectedUniqueId: string, runId: string, snapshotId: string) => ({
    repository: 'kopia',
    expectedUniqueId,
    identity: IDENTITY,
    runId,
    snapshotId,
  });

  it('reads a new snapshot back whole, with its tags', async () => {
    const uniqueId = await create();
    const made = bench.backup('run-1');
    const proof = await role.readBackSnapshot(reading(uniqueId, 'run-1', made.summary.id));
    expect(proof.snapshot).toEqual({
      ...made.summary,
      tags: { 'stowage-run': 'run-1' },
      retentionReasons: expect.any(Array),
    });
    expect(proof.snapshotIds).toEqual([made.summary.id]);
  });

  it("refuses another run's snapshot and one that is not there", async () => {
    const uniqueId = await create();
    const made = bench.backup('run-1');
    expect((await failure(role.readBackSnapshot(reading(uniqueId, 'run-2', made.summary.id)))).type).toBe(
      'SnapshotNotFound',
    );
    const absent = await failure(role.readBackSnapshot(reading(uniqueId, 'run-1', 'f'.repeat(32))));
    expect(absent.type).toBe('SnapshotNotFound');
    expect(absent.message).toContain(made.summary.id);
  });

  it('does not count a snapshot with unreadable entries, whatever else exists (M3)', async () => {
    const uniqueId = await create();
    await role.openRepository(opening(uniqueId));
    const good = bench.backup('run-1', { startTime: '2026-11-01 12:00:00 UTC' });
    const bad = unreadableBackup('run-2');
    expect(bad.summary.failedEntries).toBeGreaterThan(0);
    const read = await failure(role.readBackSnapshot(reading(uniqueId, 'run-2', bad.summary.id)));
    expect([read.type, read.nonRetryable]).toEqual(['SnapshotIncomplete', true]);
    expect((await role.openRepository(opening(uniqueId))).previous?.id).toBe(good.summary.id);
    const chosen = await role.selectSnapshot({ ...reading(uniqueId, '', ''), choice: {} });
    expect([chosen.found?.id, chosen.skipped]).toEqual([good.summary.id, 1]);
    const byId = await failure(role.selectSnapshot({ ...reading(uniqueId, '', ''), choice: { id: bad.summary.id } }));
    expect(byId.type).toBe('SnapshotNotFound');
    expect(byId.message).toContain('not whole');
  });

  it('selects by time, by number and by id, comparing instants', async () => {
    const uniqueId = await create();
    await role.openRepository(opening(uniqueId));
    const [one, two, three] = [1, 2, 3].map((day) =>
      bench.backup(`run-${day}`, { startTime: `2026-11-0${day} 12:00:00 UTC` }),
    );
    const select = async (choice: object) =>
      (await role.selectSnapshot({ ...reading(uniqueId, '', ''), choice })).found?.id;
    expect(await select({})).toBe(three!.summary.id);
    expect(await select({ previous: 2 })).toBe(one!.summary.id);
    expect(await select({ asOf: '2026-11-02T13:00:00+01:00' })).toBe(two!.summary.id);
    expect(await select({ asOf: '2026-11-02T12:59:59+01:00' })).toBe(one!.summary.id);
    expect(await select({ asOf: '2026-11-03T00:00:00Z', previous: 1 })).toBe(one!.summary.id);
    expect(await select({ id: two!.summary.id })).toBe(two!.summary.id);
    const none = await failure(select({ asOf: '2020-01-01T00:00:00Z' }));
    expect(none.type).toBe('SnapshotNotFound');
    expect(none.message).toContain(three!.summary.id);
    expect((await failure(select({ previous: 3 }))).type).toBe('SnapshotNotFound');
  });

  it('tells nothing at all under an identity from a choice that fails, and names identities that exist', async () => {
    const uniqueId = await create();
    bench.backup('run-1');
    const typo = { ...IDENTITY, username: 'ap-src' };
    const empty = await role.selectSnapshot({ ...reading(uniqueId, '', ''), identity: typo, choice: {} });
    expect(empty.found).toBeUndefined();
    expect(empty.otherIdentities).toEqual(['app-src@demo:/data']);
    const renamed = { ...reading(uniqueId, '', ''), identity: { ...IDENTITY, username: 'app' }, choice: {} };
    expect((await role.selectSnapshot({ ...renamed, neighbours: [] })).formerIdentities).toEqual(empty.otherIdentities);
    const listed = await role.listRepositorySnapshots({ repository: 'kopia', identity: IDENTITY });
    expect(listed.snapshots.map(({ tags }) => tags['stowage-run'])).toEqual(['run-1']);
  });

  it("keeps another identity's snapshots apart, also those of folders above", async () => {
    const uniqueId = await create();
    bench.backup('run-1', { identity: { ...IDENTITY, path: '/' } });
    const below = await role.selectSnapshot({ ...reading(uniqueId, '', ''), choice: {} });
    expect(below.found).toBeUndefined();
  });

  /** Runs the mover as a user that may not read one file. */
  function unreadableBackup(runId: string) {
    const script = join(bench.root, 'as-nobody');
    chmodSync(bench.root, 0o755);
    writeFileSync(join(bench.data, 'broken'), 'x', { mode: 0o600 });
    for (const folder of [bench.repository, join(bench.root, 'mover-cache')]) {
      mkdirSync(folder, { recursive: true });
      execFileSync('chown', ['-R', '65534:65534', folder]);
    }
    writeFileSync(script, `#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups ${binary} "$@"\n`, {
      mode: 0o755,
    });
    const mover = Object.assign(Object.create(bench) as Bench, { binary: script });
    return mover.backup(runId, { startTime: '2026-11-02 12:00:00 UTC' });
  }
});

describe('creating a repository', () => {
  it('refuses where a repository is, and where anything else is', async () => {
    await create();
    const again = await failure(role.createRepository({ repository: 'kopia', runId: 'init-2' }));
    expect([again.type, again.nonRetryable]).toEqual(['RepositoryExists', true]);
    rmSync(bench.repository, { recursive: true });
    mkdirSync(bench.repository);
    writeFileSync(join(bench.repository, 'photo.jpg'), 'x');
    const foreign = await failure(role.createRepository({ repository: 'kopia', runId: 'init-2' }));
    expect(foreign.type).toBe('RepositoryExists');
    expect(readdirSync(bench.repository)).toEqual(['photo.jpg']);
  });

  it('takes over what its own run made before a crash, whole or half', async () => {
    const uniqueId = await create();
    const marker = join(bench.repository, '.stowage-creating');
    writeFileSync(marker, 'init-1\n');
    expect(await role.createRepository({ repository: 'kopia', runId: 'init-1' })).toEqual({ uniqueId });
    writeFileSync(marker, 'init-1\n');
    const other = await failure(role.createRepository({ repository: 'kopia', runId: 'init-2' }));
    expect(other.type).toBe('RepositoryExists');
    rmSync(join(bench.repository, 'kopia.repository.f'));
    const anew = await role.createRepository({ repository: 'kopia', runId: 'init-2' });
    expect(anew.uniqueId).not.toBe(uniqueId);
    expect(await role.identifyRepository({ repository: 'kopia' })).toEqual(anew);
    expect(readdirSync(bench.repository)).not.toContain('.stowage-creating');
  });

  it('makes every folder beforehand and group-writable: movers of two users share it under a umask of 022', async () => {
    await create();
    const folders = ['p', 'q', 'n', 'x', 's', '_'];
    for (const name of folders) expect(statSync(join(bench.repository, name)).mode & 0o770, name).toBe(0o770);
    const before = readdirSync(bench.repository, { recursive: true, encoding: 'utf8' });
    await bench.backup('run-1');
    const made = readdirSync(bench.repository, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !before.includes(name),
    );
    const directories = made.filter((name) => statSync(join(bench.repository, name)).isDirectory());
    expect(made.length).toBeGreaterThan(0);
    expect(directories).toEqual([]);
  });

  it('ignores lost+found, and lets the group write', async () => {
    mkdirSync(join(bench.repository, 'lost+found'));
    await create();
    expect(statSync(join(bench.repository, 'kopia.repository.f')).mode & 0o777).toBe(0o660);
    await role.openRepository(opening((await role.identifyRepository({ repository: 'kopia' })).uniqueId));
    const folders = readdirSync(bench.repository, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'lost+found',
    );
    expect(folders.length).toBeGreaterThan(0);
    for (const { name } of folders) expect(statSync(join(bench.repository, name)).mode & 0o777).toBe(0o770);
  });

  it('says what is missing when there is no repository to adopt', async () => {
    expect((await failure(role.identifyRepository({ repository: 'kopia' }))).type).toBe('RepositoryNotFound');
    cpSync(bench.data, bench.repository, { recursive: true });
    expect((await failure(role.identifyRepository({ repository: 'kopia' }))).type).toBe('RepositoryNotFound');
  });
});

describe('a cancelled activity', () => {
  it('ends as cancelled, not as a failure', async () => {
    const uniqueId = await create();
    const environment = new MockActivityEnvironment();
    const running = environment.run(role.readBackSnapshot, {
      repository: 'kopia',
      expectedUniqueId: uniqueId,
      identity: IDENTITY,
      runId: 'run-1',
      snapshotId: 'a'.repeat(32),
    });
    environment.cancel('CANCELLED');
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
  });
});
