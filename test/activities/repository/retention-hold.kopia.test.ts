import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRepositoryActivities, type RepositoryRole } from '../../../activities/repository/activities.ts';
import type { Retention } from '../../../api/retention.ts';
import { suspect } from '../../../workflows/backup/judge.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
const none: Retention = { latest: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };

let bench: Bench;
let role: RepositoryRole;
let uniqueId: string;
let hour: number;

beforeEach(async () => {
  bench = new Bench(binary);
  hour = 0;
  role = createRepositoryActivities({
    repository: 'kopia',
    path: bench.repository,
    kopiaBinary: binary,
    password: () => PASSWORD,
    cacheDirectory: bench.cache,
    now: () => new Date('2026-11-23T00:00:00Z'),
  });
  uniqueId = (await role.createRepository({ repository: 'kopia', runId: 'init' })).uniqueId;
});
afterEach(async () => {
  await role?.close();
  bench.remove();
});

function fill(files = 20): void {
  rmSync(bench.data, { recursive: true, force: true });
  mkdirSync(bench.data);
  for (let i = 0; i < files; i++) writeFileSync(join(bench.data, `file-${i}`), `content ${i} of ${hour}`);
}

interface RunOptions {
  readonly approveShrink?: boolean;
  /** Hours since the run before. */
  readonly after?: number;
  /** The worker dies between the mover and the hold. */
  readonly dies?: boolean;
}

const sourceOf = (retain: Retention) => ({
  repository: 'kopia',
  expectedUniqueId: uniqueId,
  identity: IDENTITY,
  retain,
  compression: 'zstd-fastest',
});

const open = (retain: Retention, approveShrink = false) =>
  role.openRepository({ ...sourceOf(retain), parallelism: 2, approveRetention: false, approveShrink });

/** What a run does to the repository, in its order: open, snapshot (which applies retention), judge, hold. */
async function run(retain: Retention, { approveShrink = false, after = 1, dies = false }: RunOptions = {}) {
  hour += after;
  const at = new Date(Date.UTC(2026, 10, 1) + hour * 3_600_000);
  const opened = await open(retain, approveShrink);
  const made = bench.backup(`run-${hour}`, {
    startTime: `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    ...(approveShrink ? { more: ['--tags=stowage-approved-shrink:true'] } : {}),
  });
  const request = { namespace: 'demo', claim: 'app-config', approveShrink };
  const suspicion = suspect(request, opened, made.summary);
  if (suspicion && !opened.held && !dies) await role.holdRetention(sourceOf(retain));
  return { id: made.summary.id, suspicion, policyChanged: opened.policyChanged };
}

const kept = async (): Promise<string[]> => {
  const { snapshots } = await role.listRepositorySnapshots({ repository: 'kopia', identity: IDENTITY });
  return snapshots.map(({ id }) => id).reverse();
};

const tiers = (): Record<string, number> =>
  (JSON.parse(bench.kopia(['policy', 'show', '--json', 'app-src@demo:/data'])) as { retention: Record<string, number> })
    .retention;

describe('a source that was emptied', () => {
  it.each<[string, Retention, number]>([
    ['the newest only', { ...none, latest: 1 }, 1],
    ['one for each hour, and two runs in one', { ...none, hourly: 2 }, 0.4],
    ['one for each day', { ...none, daily: 2 }, 1],
  ])(
    'loses no good snapshot, however often it runs, until it is approved; retention keeps %s',
    async (_, retain, after) => {
      fill();
      const good = [await run(retain, { after }), await run(retain, { after })];
      const before = await kept();
      expect(before).toContain(good[1]!.id);
      fill(0);
      const small = await run(retain, { after });
      expect(small.suspicion?.message).toContain(`was emptied from 20 files`);
      expect(small.suspicion?.shrink?.before.id).toBe(good[1]!.id);
      expect(await kept()).toContain(good[1]!.id);
      const held = await kept();
      for (let i = 0; i < 5; i++) {
        const again = await run(retain, { after });
        held.push(again.id);
        expect(again.suspicion).toEqual(small.suspicion);
        expect(await kept()).toEqual(held);
        // Nothing is written to the policy from run to run.
        expect(again.policyChanged).toBe(false);
      }
      const approved = await run(retain, { after, approveShrink: true });
      expect(approved.suspicion).toBeUndefined();
      expect(tiers()).toMatchObject({
        keepLatest: Math.max(2, retain.latest),
        keepHourly: retain.hourly,
        keepDaily: retain.daily,
      });
      expect(await kept()).not.toContain(good[1]!.id);
      const next = await run(retain, { after });
      expect([next.suspicion, next.policyChanged]).toEqual([undefined, false]);
      expect((await kept()).slice(-2)).toEqual([approved.id, next.id]);
    },
  );

  it('is held by the next run when its own ended before it could', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    const good = await run(retain);
    fill(0);
    const small = await run(retain, { dies: true });
    const next = await run(retain);
    expect(next.suspicion?.shrink).toMatchObject({ before: { id: good.id }, after: { id: small.id } });
    expect(await kept()).toEqual([good.id, small.id, next.id]);
    await run(retain);
    expect(await kept()).toContain(good.id);
  });

  it('may be approved by the very run that finds it, and is not asked about again', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    await run(retain);
    fill(0);
    expect((await run(retain, { approveShrink: true })).suspicion).toBeUndefined();
    expect((await run(retain)).suspicion).toBeUndefined();
    expect((await run(retain)).suspicion).toBeUndefined();
    expect(await kept()).toHaveLength(2);
  });

  it('stays held when files come back: whether they are the right ones, only a person knows', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    const good = await run(retain);
    fill(0);
    await run(retain);
    fill(30);
    const back = await run(retain);
    expect(back.suspicion?.shrink?.before.id).toBe(good.id);
    await run(retain);
    expect(await kept()).toContain(good.id);
  });
});

describe('a hold', () => {
  it('hides no tightening of the retention: that needs its own approval', async () => {
    const wide = { ...none, daily: 4 };
    fill();
    for (let day = 0; day < 4; day++) await run(wide, { after: 24 });
    fill(0);
    await run(wide, { after: 24 });
    const before = tiers();
    await expect(run({ ...none, daily: 2 }, { after: 24 })).rejects.toMatchObject({ type: 'Suspicious' });
    await expect(run({ ...none, daily: 2 }, { after: 24, approveShrink: true })).rejects.toMatchObject({
      message: expect.stringContaining('approveRetention'),
    });
    expect(tiers()).toEqual(before);
    // The declared retention as it was needs none.
    await expect(run(wide, { after: 24, approveShrink: true })).resolves.toMatchObject({ suspicion: undefined });
  });

  it('is not begun by a source that grows, changes or loses a little', async () => {
    const retain = { ...none, latest: 2 };
    for (const files of [10, 11, 40, 21, 20, 11]) {
      fill(files);
      expect((await run(retain)).suspicion).toBeUndefined();
    }
    expect(await kept()).toHaveLength(2);
  });
});

describe('snapshots that count only for Kopia', () => {
  it('do not push the last good one out: a snapshot of the future makes the next run keep everything', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    const good = await run(retain);
    bench.backup('wrong-clock', { startTime: '2031-01-01 00:00:00 UTC' });
    fill(0);
    const small = await run(retain);
    expect(small.suspicion?.shrink?.before.id).toBe(good.id);
    expect(await kept()).toEqual(expect.arrayContaining([good.id, small.id]));
  });

  it('do not push it out either when they lack files that could not be read, however many they are', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    const good = await run(retain);
    // As a mover that may not read one file.
    writeFileSync(join(bench.data, 'broken'), 'x', { mode: 0o600 });
    chmodSync(bench.root, 0o755);
    const script = join(bench.root, 'as-nobody');
    const asNobody = `exec setpriv --reuid=65534 --regid=65534 --clear-groups ${binary} "$@"`;
    writeFileSync(script, `#!/bin/sh\n${asNobody}\n`, { mode: 0o755 });
    const mover = Object.assign(Object.create(bench) as Bench, { binary: script });
    for (let i = 0; i < 4; i++) {
      expect((await open(retain)).previous?.id).toBe(good.id);
      for (const folder of [bench.repository, join(bench.root, 'mover-cache')]) {
        execFileSync('chown', ['-R', '65534:65534', folder]);
      }
      expect(mover.backup(`bad-${i}`, { startTime: '2026-11-02 12:00:00 UTC' }).summary.failedEntries).toBe(1);
    }
    rmSync(join(bench.data, 'broken'));
    const whole = await run(retain, { after: 48 });
    expect(await kept()).toHaveLength(6);
    const next = await run(retain);
    expect(await kept()).toEqual([whole.id, next.id]);
  });

  it('are done with when a whole one is newer: retention is as declared again', async () => {
    const retain = { ...none, latest: 1 };
    fill();
    await run(retain);
    // As a run stored it that found the newest snapshot not whole.
    bench.kopia(['policy', 'set', '--keep-latest=1000002', 'app-src@demo:/data']);
    const next = await run(retain);
    expect(next.policyChanged).toBe(true);
    expect(tiers()).toMatchObject({ keepLatest: 2 });
  });
});
