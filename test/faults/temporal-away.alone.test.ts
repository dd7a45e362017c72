import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { backupJobName } from '../../api/names.ts';
import { startComponent, stopComponent } from '../../platform/platform.ts';
import { moverPodsMade, objectSeen } from '../system/moments.ts';
import { createVolume, leftovers, snapshotsOf, startBackup } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

/** What the issue promises to survive, milliseconds. */
const AWAY_MILLISECONDS = 60_000;

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'away', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('Temporal away for a minute', () => {
  it('in the middle of a backup: the run goes on where it was; one mover, one snapshot', {
    timeout: 240_000,
  }, async () => {
    const volume = await createVolume(world, { app: 'patient' });
    const handle = await startBackup(volume);
    await objectSeen(volume, 'jobs');
    await stopComponent(world.platform, 'temporal');
    // The fault itself is a stretch of time, not something to wait for.
    await new Promise((resolve) => setTimeout(resolve, AWAY_MILLISECONDS));
    await startComponent(world.platform, 'temporal');

    expect(await world.client.workflow.result(handle.workflowId)).toMatchObject({ outcome: 'Succeeded' });
    expect(await snapshotsOf(volume)).toHaveLength(1);
    expect(await moverPodsMade(volume, backupJobName(volume.source))).toBe(1);
    expect(await leftovers(volume)).toEqual([]);
  });
});
