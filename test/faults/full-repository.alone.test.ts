import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { failureOf } from '../system/failures.ts';
import { createVolume, leftovers, startBackup } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

/** What the issue promises: a full repository volume stops the run within this time, milliseconds. */
const STOPPED_WITHIN = 30_000;

let world: World;
beforeAll(async () => {
  world = await createWorld({
    name: 'full',
    platform: inject('platform'),
    stowageImage: inject('stowageImage'),
    repositorySize: '64Mi',
  });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('a repository volume without room', () => {
  it('stops the backup as RepositoryFull within 30 s, and leaves nothing', { timeout: 120_000 }, async () => {
    const volume = await createVolume(world, { app: 'big', fill: 'head -c 150000000 /dev/urandom > /data/big' });
    const handle = await startBackup(volume, { copyMethod: 'Direct' });
    expect((await failureOf(handle.result())).type).toBe('RepositoryFull');
    const { startTime, closeTime } = await handle.describe();
    expect(closeTime!.getTime() - startTime.getTime()).toBeLessThan(STOPPED_WITHIN);
    expect(await leftovers(volume)).toEqual([]);
  });
});
