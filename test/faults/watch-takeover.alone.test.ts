import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { scheduleId } from '../../schedules/ids.ts';
import { watchWorkflowId } from '../../workflows/watch/contract.ts';
import { sourceManifest } from '../system/declared.ts';
import { until } from '../system/until.ts';
import { createVolume, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

/** What the README promises. */
const TAKEOVER_SECONDS = 30;

let world: World;
let volume: Volume;
beforeAll(async () => {
  world = await createWorld({ name: 'takeover', platform: inject('platform'), stowageImage: inject('stowageImage') });
  volume = await createVolume(world, { app: 'taken' });
  await world.kubectl.apply(sourceManifest(volume));
  await untilScheduled(volume.source, 60);
}, 240_000);
afterAll(() => world?.close(), 120_000);

const untilScheduled = (source: string, seconds: number): Promise<unknown> =>
  until(`schedule of ${source}`, seconds, async () =>
    Boolean(await world.client.schedule.getHandle(scheduleId(volume.namespace, source)).describe()),
  );

describe('the watch of declared objects', () => {
  it('is taken over within 30 s after its worker was frozen, and the frozen one does no harm when it wakes', {
    timeout: 180_000,
  }, async () => {
    const runId = (await world.client.workflow.getHandle(watchWorkflowId()).describe()).runId;
    world.workers.freeze('control');
    const frozen = world.workers.leave('control');
    await world.workers.start('control');
    const died = Date.now();
    const second = { ...volume, source: 'second-src' };
    await world.kubectl.apply(sourceManifest(second, { username: 'second' }));
    await untilScheduled(second.source, TAKEOVER_SECONDS);
    expect((Date.now() - died) / 1000).toBeLessThan(TAKEOVER_SECONDS);

    frozen.resume();
    const third = { ...volume, source: 'third-src' };
    await world.kubectl.apply(sourceManifest(third, { username: 'third' }));
    await untilScheduled(third.source, TAKEOVER_SECONDS);
    await frozen.kill();
    const { runId: now, status } = await world.client.workflow.getHandle(watchWorkflowId()).describe();
    expect({ runId: now, status: status.name }).toEqual({ runId, status: 'RUNNING' });
  });
});
