import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortError } from '../../../activities/ports/port-error.ts';
import { NAMESPACE } from '../small-world.ts';
import { addClaim, destination, source, type WatchWorld, watchWorld } from './watch-world.ts';

const MINUTE = 60;
let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const ref = (name: string) => ({ namespace: NAMESPACE, name });
const runWrites = (kind: 'ReplicationSource' | 'ReplicationDestination', name: string, status: object) =>
  world.cluster.applyStatus(kind, ref(name), status, 'stowage-run');
const now = () => new Date(world.small.clock.now()).toISOString();

describe('a run that was terminated', () => {
  it('of a source is taken off its status, and the first backup is started again', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    await runWrites('ReplicationSource', 'app-src', { lastSyncStartTime: now() });
    const startedAt = world.small.clock.now();
    world.small.runs.onClaim = [
      { workflowId: 'backup/demo/app-src-2026-11-25T08:00:00Z', runId: 'r', kind: 'Backup', startedAt },
    ];
    await world.pass(20 * MINUTE);
    expect(await world.condition('ReplicationSource', 'app-src', 'Synchronizing')).toMatch(/^True\/SyncInProgress/);
    expect(world.orchestrator.triggered).toHaveLength(1);
    world.small.runs.onClaim = [];
    await world.pass(6 * MINUTE);
    expect((await world.status('ReplicationSource', 'app-src')).lastSyncStartTime).toBeUndefined();
    expect(await world.condition('ReplicationSource', 'app-src', 'Synchronizing')).toMatch(
      /^False\/WaitingForSchedule/,
    );
    expect(world.orchestrator.triggered).toHaveLength(2);
  });

  it('of a destination is taken off its status; what the last good run wrote stays', async () => {
    await world.apply(destination({ spec: { paused: true } }));
    await world.pass(5);
    const lastSyncTime = now();
    await runWrites('ReplicationDestination', 'app-dst', { lastSyncTime, lastSyncStartTime: now() });
    world.small.runs.add({ workflowId: 'restore/demo/app-config', runId: 'r' });
    await world.pass(20 * MINUTE);
    expect((await world.status('ReplicationDestination', 'app-dst')).lastSyncStartTime).toBeDefined();
    world.small.runs.open.clear();
    await world.pass(6 * MINUTE);
    const status = await world.status('ReplicationDestination', 'app-dst');
    expect(status).toMatchObject({ lastSyncTime });
    expect(status.lastSyncStartTime).toBeUndefined();
  });

  it('is given a moment to appear in the list of open runs', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await runWrites('ReplicationSource', 'app-src', { lastSyncStartTime: now() });
    await world.pass(30);
    expect((await world.status('ReplicationSource', 'app-src')).lastSyncStartTime).toBeDefined();
  });
});

describe('one object that refuses its status', () => {
  const refuse = (times: number) =>
    world.faults.add({
      method: 'applyStatus',
      kind: 'ReplicationSource',
      name: 'closed-src',
      times,
      error: new PortError('Forbidden', 'may not patch replicationsources/status'),
    });
  const closed = (schedule = '0 * * * *') =>
    source({ name: 'closed-src', spec: { sourcePVC: 'closed', trigger: { schedule } } });

  beforeEach(async () => {
    await addClaim(world, 'app-config');
    await addClaim(world, 'closed');
  });

  it('fails no pass: the others go on, its own schedule and backup too, and an event says why', async () => {
    refuse(10_000);
    const lists = () => world.cluster.requestCounts()['list PersistentVolume'] ?? 0;
    await world.apply(closed());
    await world.pass(5);
    await world.apply(source());
    await world.pass(10 * MINUTE);
    expect(await world.condition('ReplicationSource', 'app-src', 'Protected')).toMatch(/^False\/NeverBackedUp/);
    expect(world.orchestrator.triggered.sort()).toEqual(['backup/demo/app-src', 'backup/demo/closed-src']);
    // The sweep belongs to the complete passes only: at the beginning and every five minutes.
    expect(lists()).toBeGreaterThanOrEqual(2);
    expect(lists()).toBeLessThanOrEqual(4);
    expect(world.small.heartbeats.at(-1)).toMatchObject({ held: { Forbidden: 1 } });
    expect(world.small.heartbeats.at(-1)).not.toHaveProperty('problem');
    const events = await world.cluster.list('Event', { namespace: NAMESPACE });
    const told = events.filter(({ involvedObject }) => involvedObject.name === 'closed-src');
    expect(told.map(({ message }) => message)).toEqual([
      'Forbidden: its status could not be written: may not patch replicationsources/status',
    ]);
  });

  it('is tried again later and later, and at once when something else is to be said', async () => {
    refuse(4);
    await world.apply(closed());
    // After 5, 10, 20 and 40 s.
    await world.pass(60);
    expect(await world.status('ReplicationSource', 'closed-src')).toEqual({});
    await world.pass(60);
    expect(await world.condition('ReplicationSource', 'closed-src', 'Protected')).toMatch(/^False\/NeverBackedUp/);
    refuse(6);
    await world.apply(closed('wrong'));
    await world.pass(60);
    await world.apply(closed('5 * * * *'));
    await world.pass(10);
    expect(await world.condition('ReplicationSource', 'closed-src', 'Protected')).toMatch(/^False\/NeverBackedUp/);
  });
});
