import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { restoreJobName } from '../../api/names.ts';
import { moverPodsMade } from '../system/moments.ts';
import { backup, createVolume, deleteClaim, leftovers, startRestore, treeText } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

const REQUESTS = 50;

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'many', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

describe('many requests for one restore', () => {
  it(`${REQUESTS} at once are one run with one mover and one answer`, { timeout: 180_000 }, async () => {
    const volume = await createVolume(world, { app: 'once' });
    await backup(volume);
    const before = await treeText(volume);
    await deleteClaim(volume);

    const handles = await Promise.all(Array.from({ length: REQUESTS }, () => startRestore(volume)));
    const results = await Promise.all(handles.map((handle) => handle.result()));

    const runs = new Set(await Promise.all(handles.map(async (handle) => (await handle.describe()).runId)));
    expect(runs.size).toBe(1);
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ outcome: 'Restored' });
    expect(await moverPodsMade(volume, restoreJobName(volume.destination))).toBe(1);
    expect(await treeText(volume)).toBe(before);
    expect(await leftovers(volume)).toEqual([]);
  });
});
