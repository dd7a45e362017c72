import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { scheduleId } from '../../schedules/ids.ts';
import { condition, destinationManifest, sourceManifest, untilStatus } from '../system/declared.ts';
import { until } from '../system/until.ts';
import { createVolume, deleteClaim, snapshotsOf, treeText } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'decl', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('what is declared', () => {
  it('happens: a source gets its schedule and its first backup, a lost claim comes back, twice', {
    timeout: 240_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'emby' });
    await world.kubectl.apply(sourceManifest(volume), destinationManifest(volume));
    const schedule = world.client.schedule.getHandle(scheduleId(volume.namespace, volume.source));
    await until('the schedule', 30, async () => (await schedule.describe()).spec.calendars?.length === 1);

    const source = await untilStatus(volume, 'replicationsource', (status) => Boolean(status.lastSyncTime));
    expect(source.latestMoverStatus?.result).toBe('Successful');
    expect(source.nextSyncTime).toMatch(/:00:00Z$/);
    const protectedNow = await untilStatus(volume, 'replicationsource', (status) =>
      Boolean(condition(status, 'Protected')?.startsWith('True/BackupProven')),
    );
    expect(condition(protectedNow, 'Synchronizing')).toBe(
      'False/WaitingForSchedule: Waiting for next scheduled synchronization',
    );
    expect(condition(protectedNow, 'FieldsHonoured')).toMatch(/^True/);
    expect(await snapshotsOf(volume)).toHaveLength(1);

    // The claim was there: nothing was written, and the trigger counts as answered.
    const untouched = await untilStatus(volume, 'replicationdestination', (s) => s.lastManualSync === 'restore-once');
    expect(condition(untouched, 'Restored')).toMatch(/^True\/ClaimExists/);

    const before = await treeText(volume);
    for (const _ of [1, 2]) {
      await deleteClaim(volume);
      await untilStatus(volume, 'replicationdestination', (status) =>
        Boolean(condition(status, 'Restored')?.startsWith('True/Restored')),
      );
      expect(await treeText(volume)).toBe(before);
    }
  });
});
