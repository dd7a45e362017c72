import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScheduleDescription } from '@temporalio/client';
import { describe, it, type TestContext } from 'vitest';
import { desiredSchedules } from '../../schedules/desired.ts';
import type { DesiredSchedule } from '../../schedules/settings.ts';
import { creationOf } from '../../schedules/temporal-options.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { besideWorker } from '../servers/fake-worker.ts';
import { type DevServer, freePort, startDevServer } from '../servers/temporal-dev-server.ts';
import { declared } from './manifests.ts';

/** The shortest window that the server keeps (its MinCatchupWindow); so ten seconds stand in for an hour. */
const INTERVAL_SECONDS = 10;
const OUTAGE_SECONDS = 3.5 * INTERVAL_SECONDS;

const id = 'backup/demo/app-src';

/** The schedule of a source, with a tick every ten seconds instead of every hour. */
function everyTenSeconds(catchUpSeconds: number): DesiredSchedule {
  const [schedule] = desiredSchedules([declared()], { startAtOnce: false });
  const calendar = schedule?.settings.calendars[0];
  if (!schedule || !calendar) throw new Error('one schedule with a calendar expected');
  const minute = Array.from({ length: 60 }, (_, index) => index);
  const calendars = [{ ...calendar, second: [0, 10, 20, 30, 40, 50], minute }];
  return { ...schedule, settings: { ...schedule.settings, calendars, catchUpSeconds } };
}

const infoOf = async (server: DevServer): Promise<ScheduleDescription['info']> =>
  (await server.client.schedule.getHandle(id).describe()).info;

const workflowsPath = fileURLToPath(new URL('./fake-backup.ts', import.meta.url));
const besideBackups = <T>(server: DevServer, work: () => Promise<T>): Promise<T> =>
  besideWorker(server.address, { taskQueue: CONTROL_QUEUE, workflowsPath }, work);

async function databaseFile({ onTestFinished }: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-catch-up-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'temporal.db');
}

describe('after an outage of the whole Temporal server', () => {
  it.concurrent.for<[string, number]>([
    ['the window of a regular schedule, one interval: older ticks are dropped', INTERVAL_SECONDS],
    ['a window of many intervals, as an irregular schedule has it: overlap SKIP drops the others', 3600],
  ])('exactly one missed tick is run, with %s', { timeout: 180_000 }, async ([, catchUpSeconds], context) => {
    // Its own: the global ones know only one test at a time.
    const { expect, onTestFinished } = context;
    const options = { databaseFile: await databaseFile(context), port: await freePort() };
    const before = await startDevServer(options);
    try {
      await before.client.schedule.create(creationOf(everyTenSeconds(catchUpSeconds)));
      await besideBackups(before, () =>
        expect.poll(async () => (await infoOf(before)).numActionsTaken, { timeout: 30_000 }).toBeGreaterThan(0),
      );
    } finally {
      await before.kill();
    }
    const stopped = Date.now();
    // The outage's length is what is tested.
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_SECONDS * 1000));

    const after = await startDevServer(options);
    onTestFinished(() => after.kill());
    const runsSince = async () =>
      (await infoOf(after)).recentActions.filter(({ scheduledAt }) => scheduledAt.getTime() > stopped).slice(0, 2);
    const runs = await besideBackups(after, async () => {
      await expect.poll(async () => (await runsSince()).length, { timeout: 60_000 }).toBe(2);
      return await runsSince();
    });
    const info = await infoOf(after);
    const backAt = runs[0]?.takenAt.getTime() ?? 0;
    // One run for everything that was due when the server came back, then the next tick at its own time.
    expect(runs.map(({ scheduledAt }) => scheduledAt.getTime() <= backAt)).toEqual([true, false]);
    expect(info.numActionsMissedCatchupWindow + info.numActionsSkippedOverlap).toBeGreaterThanOrEqual(2);
  });
});
