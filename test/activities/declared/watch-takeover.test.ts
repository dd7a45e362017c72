import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE } from '../small-world.ts';
import { addClaim, removeClaim, source, type WatchWorld, watchWorld } from './watch-world.ts';

let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const ref = (name: string) => ({ namespace: NAMESPACE, name });
const remove = (name: string) => world.cluster.delete('ReplicationSource', ref(name));

describe('a mass deletion', () => {
  const names = Array.from({ length: 12 }, (_, index) => `app${index}-src`);
  const declare = (name: string) => world.apply(source({ name, spec: { sourcePVC: `${name}-data` } }));
  const size = () => world.orchestrator.backups.length;
  beforeEach(async () => {
    for (const name of names) await declare(name);
    await world.pass(5);
    for (const name of names.slice(1)) await remove(name);
    await world.pass(10);
  });

  it('is not followed: the schedules stay, and the rest goes on', async () => {
    await world.pass(600);
    expect(size()).toBe(12);
    expect(world.small.heartbeats.at(-1)).toMatchObject({ refusedDeletions: expect.stringMatching(/11/) });
  });

  it('is not followed bit by bit either, when most are declared again', async () => {
    for (const name of names.slice(1, 9)) await declare(name);
    await world.pass(600);
    expect(size()).toBe(12);
    expect(world.small.heartbeats.at(-1)).toMatchObject({ refusedDeletions: expect.stringMatching(/^3 sources/) });
    // Nor by the next watch.
    world.restart();
    await world.pass(600);
    world.restart();
    await world.pass(600);
    expect(size()).toBe(12);
  });

  it('is at an end when a person deleted the schedules; one source alone loses its own then', async () => {
    for (const name of names.slice(1)) await world.orchestrator.deleteSchedule(ref(name));
    await world.pass(600);
    expect(world.small.heartbeats.at(-1)).not.toHaveProperty('refusedDeletions');
    await declare('app3-src');
    await world.pass(10);
    expect(size()).toBe(2);
    await remove('app3-src');
    await world.pass(10);
    expect(size()).toBe(1);
  });
});

describe('a machine that stood still', () => {
  it('lets the watch go instead of acting on what it knew', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    const { writes } = world.orchestrator;
    world.small.clock.standStill(120_000);
    // Its watches did not tell it yet.
    const ended = world.ended();
    await expect(world.small.clock.until(ended, 600)).rejects.toThrow('the machine stood still');
    expect(world.orchestrator.writes).toBe(writes);
    world.restart();
    await world.pass(60);
    expect(world.orchestrator.backups.length).toBe(1);
  });
});

describe('a suspicion', () => {
  const suspicious = () => world.condition('ReplicationSource', 'app-src', 'Suspicious');
  const held = 'True/RetentionHeld: the source was emptied';
  beforeEach(async () => {
    const said = JSON.stringify({ since: '2026-11-25T08:00:00Z', message: 'the source was emptied' });
    const annotations = { 'suspicious.stowage.dev/app-src': said, 'stowage.dev/last-backup': '{}' };
    await addClaim(world, 'app-config', { annotations });
    await world.apply(source());
    await world.pass(10);
    expect(await suspicious()).toBe(held);
  });

  it('outlives the claim: what came back says nothing of it before its next backup', async () => {
    removeClaim(world, 'app-config');
    await world.pass(60);
    expect(await suspicious()).toBe(held);
    await addClaim(world, 'app-config');
    await world.pass(60);
    expect(await suspicious()).toBe(held);
    const metadata = { annotations: { 'stowage.dev/last-backup': '{}' } };
    await world.cluster.patch('PersistentVolumeClaim', ref('app-config'), { metadata });
    await world.pass(60);
    expect(await suspicious()).toBe('False/Approved: Nothing is held');
  });

  it('outlives a spec that can not be read', async () => {
    await world.apply(source({ spec: { trigger: { schedule: 'never' } } }));
    await world.pass(60);
    expect(await suspicious()).toBe(held);
  });
});
