import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { policySetArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { maintenanceRunArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import { spawnKopia } from '../../../activities/kopia/process.ts';
import { verifyRepository } from '../../../activities/verifier/verify.ts';
import { isWhole } from '../../../api/verify-report.ts';
import { seeded } from '../../system/seeded.ts';
import { FreshKopia } from '../verifier/fresh-kopia.ts';
import { ChangingApplication, type Tree, treeOf } from './changing-application.ts';
import { bytesBelow, ClockedRepository, fakeClockKopia, HOUR, OWNER } from './clocked-repository.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const SEED = Number(process.env.STOWAGE_TEST_SEED ?? 20_261_125);

/** In the past: see thirty-days.kopia.test.ts. */
const START = Date.parse('2024-02-10T00:20:00Z');
const KILLS = 50;

let repository: ClockedRepository;
let application: ChangingApplication;
const random = seeded(SEED);
const trees = new Map<string, Tree>();

beforeAll(async () => {
  repository = await ClockedRepository.create(await fakeClockKopia(), START);
  const base = { files: 4, bytes: 30_000 };
  application = new ChangingApplication({ name: 'app', seed: SEED, folder: join(repository.root, 'app'), base });
  const retain = { latest: 2, hourly: 0, daily: 2, weekly: 0, monthly: 0, yearly: 0 };
  const { identity } = application;
  await repository.kopia(policySetArguments({ identity, retain, compression: 'zstd' }), identity);
});

afterAll(() => repository.remove());

/** Half a day goes by, with work for the maintenance: something new, and something that nobody needs any more. */
async function halfADay(): Promise<void> {
  for (const hours of [5, 7]) {
    repository.clock.now += hours * HOUR;
    application.work();
    const tree = treeOf(application.folder);
    trees.set((await repository.backup(application.identity, application.folder)).summary.id, tree);
  }
}

/** Starts a full maintenance and kills it after so many milliseconds. Returns whether it was still running. */
async function killed(after: number): Promise<boolean> {
  const child = spawnKopia({
    binary: repository.binary,
    args: maintenanceRunArguments({ full: true }),
    environment: repository.environment(OWNER),
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  await sleep(after);
  child.kill('SIGKILL');
  return (await ended) === 'SIGKILL';
}

/** Milliseconds that a full maintenance takes here and now. */
async function completes(): Promise<number> {
  const before = (await repository.maintenanceInfo()).nextFull ?? '';
  const started = performance.now();
  await repository.kopia(maintenanceRunArguments({ full: true }));
  const took = performance.now() - started;
  const { nextFull = '', tasks } = await repository.maintenanceInfo();
  // An exit code of 0 does not say that it ran; its own record does.
  expect(Date.parse(nextFull)).toBeGreaterThan(before ? Date.parse(before) : 0);
  expect(tasks.filter(({ error }) => error)).toEqual([]);
  expect(Date.parse(tasks[0]!.start)).toBeGreaterThanOrEqual(repository.clock.now);
  return took;
}

/** Every byte can be read by a reader that knows nothing, and no snapshot is gone. */
async function whole(context: string): Promise<void> {
  const expected = (await repository.list()).map(({ summary }) => summary.id);
  for (const id of trees.keys()) if (!expected.includes(id)) trees.delete(id);
  const fresh = new FreshKopia(repository, repository.path);
  const report = await verifyRepository({ mode: 'deep', part: { index: 0, of: 1 } }, fresh);
  fresh.remove();
  expect([context, isWhole(report), report.snapshots]).toEqual([context, true, expected.length]);
}

it('is killed at 50 random moments and loses nothing; the next one completes', async () => {
  for (let i = 0; i < 4; i++) await halfADay();
  let took = await completes();
  let midway = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await halfADay();
    const listed = (await repository.list()).map(({ summary }) => summary.id);
    const after = 10 + random.below(Math.ceil(took));
    const context = `kill ${kill} after ${after} ms of ${Math.round(took)}, seed ${SEED}`;
    if (await killed(after)) midway++;
    expect([context, (await repository.list()).map(({ summary }) => summary.id)]).toEqual([context, listed]);
    await whole(context);
    repository.clock.now += HOUR;
    if (kill % 3 === 2) {
      took = await completes();
      await whole(`after ${context}`);
    }
  }
  console.info({ midway, took, bytes: bytesBelow(repository.path) });
  expect(midway).toBeGreaterThan(KILLS / 3);
  await completes();
  await whole('at the end');
  const target = join(repository.root, 'restored');
  for (const { summary } of await repository.list()) {
    await repository.kopia(snapshotRestoreArguments({ snapshotId: summary.id, targetPath: target, skipOwners: false }));
    expect([summary.id, treeOf(target)]).toEqual([summary.id, trees.get(summary.id)]);
    rmSync(target, { recursive: true });
  }
});
