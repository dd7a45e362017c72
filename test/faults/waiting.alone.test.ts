import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf } from '../system/failures.ts';
import { activityFailure } from '../system/moments.ts';
import { createVolume, leftovers, startBackup } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

/** What the issue promises: why a mover does not start is named within this time, seconds. */
const NAMED_WITHIN_SECONDS = 15;

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'wait', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('a mover that can not start', () => {
  it('because its image is missing is named as ImageUnavailable, and ends with its deadline, leaving nothing', {
    timeout: 120_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'image' });
    await world.workers.stop('movers');
    await world.workers.start('movers', { STOWAGE_KOPIA_IMAGE: 'stowage.test/kopia:no-such-tag' });
    try {
      const handle = await startBackup(volume, { startDeadlineSeconds: 20, copyMethod: 'Direct' });
      const named = await activityFailure(handle, 'runBackupMover', NAMED_WITHIN_SECONDS);
      expect(named).toContain('ImageUnavailable');
      expect(named).toContain('no-such-tag');
      expect((await failureOf(handle.result())).type).toBe('ImageUnavailable');
      expect(await leftovers(volume)).toEqual([]);
    } finally {
      await world.workers.stop('movers');
      await world.workers.start('movers');
    }
  });

  it("because no node takes it is named as Unschedulable in the scheduler's words; when room appears the same run goes on", {
    timeout: 120_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'node' });
    await world.kubectl.run('cordon', 'node1');
    try {
      const handle = await startBackup(volume, { copyMethod: 'Direct' });
      const named = await activityFailure(handle, 'runBackupMover', NAMED_WITHIN_SECONDS);
      expect(named).toContain('Unschedulable');
      expect(named).toMatch(/unschedulable|nodes are available/i);
      await world.kubectl.run('uncordon', 'node1');
      expect(await handle.result()).toMatchObject({ outcome: 'Succeeded' });
      expect(await leftovers(volume)).toEqual([]);
    } finally {
      await world.kubectl.run('uncordon', 'node1');
    }
  });
});
