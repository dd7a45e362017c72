import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortError } from '../../../activities/ports/port-error.ts';
import { NAMESPACE } from '../small-world.ts';
import { addClaim, removeClaim, SECRET, source, type WatchWorld, watchWorld } from './watch-world.ts';

const ID = 'backup/demo/app-src';
const ref = { namespace: NAMESPACE, name: 'app-src' };
let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const schedule = () => world.orchestrator.schedules.get(ID);
const conditionOf = (type: string, name = 'app-src') => world.condition('ReplicationSource', name, type);

describe('a declared source', () => {
  it('gets its schedule and its first backup at once, and nothing is written when it is applied again', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    expect(schedule()).toMatchObject({ paused: false, settings: { request: { declared: true, claim: 'app-config' } } });
    expect(world.orchestrator.triggered).toEqual([ID]);
    expect(await conditionOf('Synchronizing')).toBe(
      'False/WaitingForSchedule: Waiting for next scheduled synchronization',
    );
    expect(await conditionOf('Protected')).toBe('False/NeverBackedUp: there is no backup yet');
    expect((await world.status('ReplicationSource', 'app-src')).nextSyncTime).toMatch(/:00:00Z$/);

    // Drills get their schedules when nothing changes any more.
    await world.pass(40);
    const { writes } = world.orchestrator;
    const requests = { ...world.cluster.requestCounts() };
    await world.apply(source());
    await world.pass(50);
    expect(world.orchestrator.writes).toBe(writes);
    expect(world.cluster.requestCounts()['patch ReplicationSource']).toBe(
      (requests['patch ReplicationSource'] ?? 0) + 1,
    );
  });

  it('waits for its claim: nothing is started, and it goes on by itself when the claim is bound', async () => {
    await world.apply(source());
    await world.pass(5);
    expect(schedule()).toMatchObject({ paused: true });
    expect(world.orchestrator.triggered).toEqual([]);
    expect(await conditionOf('Protected')).toBe(
      'False/SourceMissing: claim demo/app-config (spec.sourcePVC) does not exist: backups go on by themselves when it is there; there is no backup yet',
    );
    await addClaim(world, 'app-config');
    await world.pass(5);
    expect(schedule()).toMatchObject({ paused: false });
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it('runs once for each new manual value, and not again for one that failed until something changed', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { trigger: { manual: 'one' } } }));
    await world.pass(5);
    const [first] = world.orchestrator.runs;
    expect(first?.request).toMatchObject({ manual: 'one', declared: true });
    world.orchestrator.end(first!, { state: 'Failed', failureType: 'WrongPassword' });
    await world.pass(600);
    expect(world.orchestrator.runs).toHaveLength(1);

    // The Secret gets the right password: that is a change.
    await world.cluster.patch(
      'Secret',
      { namespace: NAMESPACE, name: SECRET },
      { data: { KOPIA_PASSWORD: 'cmlnaHQ=' } },
    );
    await world.cluster.applyStatus(
      'ReplicationSource',
      ref,
      {
        latestMoverStatus: { result: 'Failed', logs: 'WrongPassword: no' },
      },
      'stowage-run',
    );
    await world.pass(60);
    expect(world.orchestrator.runs).toHaveLength(2);

    world.orchestrator.end(world.orchestrator.runs[1]!, { state: 'Completed' });
    await world.cluster.applyStatus('ReplicationSource', ref, { lastManualSync: 'one' }, 'stowage-run');
    await world.pass(3600);
    expect(world.orchestrator.runs).toHaveLength(2);
    await world.apply(source({ spec: { trigger: { manual: 'two' } } }));
    await world.pass(60);
    expect(world.orchestrator.runs).toHaveLength(3);
  });

  it('tries a failure again that a retry can mend, later and later', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { trigger: { manual: 'one' } } }));
    await world.pass(5);
    for (const seconds of [35, 70, 130]) {
      const open = world.orchestrator.runs.at(-1)!;
      world.orchestrator.end(open, { state: 'Failed', failureType: 'RepositoryUnreachable' });
      await world.pass(seconds - 15);
      expect(world.orchestrator.runs.at(-1)).toBe(open);
      await world.pass(60);
      expect(world.orchestrator.runs.at(-1)).not.toBe(open);
    }
  });

  it('truly pauses: no schedule runs and no success is reported', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ spec: { paused: true } }));
    await world.pass(5);
    expect(schedule()).toMatchObject({ paused: true, note: expect.stringContaining('spec.paused is true') });
    expect(world.orchestrator.triggered).toEqual([]);
    expect(await conditionOf('Synchronizing')).toBe('False/Paused: spec.paused is true: no backup is started');
    expect((await world.status('ReplicationSource', 'app-src')).nextSyncTime).toBeUndefined();
  });

  it('that is late runs once at once, as after being held', async () => {
    await addClaim(world, 'app-config');
    const twoHoursAgo = new Date(world.small.clock.now() - 7_200_000).toISOString();
    await world.apply(source());
    await world.cluster.patch('ReplicationSource', ref, {
      metadata: { annotations: { 'stowage.dev/control': 'adopted' } },
    });
    await world.cluster.applyStatus('ReplicationSource', ref, { lastSyncTime: twoHoursAgo }, 'stowage-run');
    await world.pass(30);
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it('loses its schedule with itself', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    await world.cluster.delete('ReplicationSource', ref);
    await world.pass(5);
    expect(schedule()).toBeUndefined();
  });
});

describe('what is wrong with a source', () => {
  it.each([
    [
      'a schedule that can not be parsed',
      { spec: { trigger: { schedule: 'every hour' } } },
      /^False\/InvalidSpec: spec\.trigger\.schedule: must be five cron fields/,
    ],
    [
      'a copy method that is none',
      { kopia: { copyMethod: 'Magic' } },
      /^False\/InvalidSpec: spec\.kopia\.copyMethod: must be Snapshot, Clone, Direct or None/,
    ],
    [
      'no claim',
      { spec: { sourcePVC: undefined } },
      /^False\/InvalidSpec: spec\.sourcePVC: must name the claim to back up/,
    ],
    [
      'a Secret that is not there',
      { kopia: { repository: 'other' } },
      /^False\/SecretMissing: Secret demo\/other \(spec\.kopia\.repository\) does not exist: create it with the key KOPIA_PASSWORD/,
    ],
  ])('%s: a condition names the field and the remedy', async (_, change, wanted) => {
    await addClaim(world, 'app-config');
    await world.apply(source(change));
    await world.pass(5);
    expect(await conditionOf('Protected')).toMatch(wanted);
    expect(await conditionOf('Synchronizing')).toMatch(/^False\/Error: /);
    expect(world.orchestrator.triggered).toEqual([]);
  });

  it('a schedule that breaks later leaves the one that works as it is', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    const before = schedule();
    await world.apply(source({ spec: { trigger: { schedule: '99 * * * *' } } }));
    await world.pass(600);
    expect(schedule()).toEqual(before);
    expect(await conditionOf('Protected')).toMatch(/minute: '99' is outside 0 to 59/);
  });

  it('a Secret without its key holds the schedule; the key alone lets it go on', async () => {
    const secret = { namespace: NAMESPACE, name: SECRET };
    await world.cluster.patch('Secret', secret, { data: { KOPIA_PASSWORD: null } });
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    expect(await conditionOf('Protected')).toBe(
      "False/SecretInvalid: Secret demo/app-volsync-secret (spec.kopia.repository) has no key KOPIA_PASSWORD: add it with the repository's password; there is no backup yet",
    );
    expect(schedule()).toMatchObject({ paused: true });
    await world.cluster.patch('Secret', secret, { data: { KOPIA_PASSWORD: 'cGFzcw==' } });
    await world.pass(15);
    expect(schedule()).toMatchObject({ paused: false });
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it("the repository's claim missing in its namespace holds the schedule until it is there", async () => {
    const claim = { namespace: NAMESPACE, name: 'kopia' };
    removeClaim(world, 'kopia');
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    expect(await conditionOf('Protected')).toMatch(
      /^False\/RepositoryUnreachable: claim demo\/kopia of the repository volume does not exist/,
    );
    expect(world.orchestrator.triggered).toEqual([]);
    await world.cluster.create('PersistentVolumeClaim', { metadata: claim, spec: { accessModes: ['ReadWriteMany'] } });
    await world.pass(5);
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it('a field without effect is named, and the backup goes on', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source({ kopia: { additionalArgs: ['--x'] } }));
    await world.pass(5);
    expect(await conditionOf('FieldsHonoured')).toMatch(
      /^False\/UnsupportedFields: spec\.kopia\.additionalArgs is not/,
    );
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it('the same volume claimed twice: the elder acts, the younger is held and names it', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    await world.apply(source({ name: 'copy-src' }));
    await world.pass(5);
    expect(await conditionOf('Protected', 'copy-src')).toMatch(
      /^False\/VolumeConflict: spec\.sourcePVC: 'app-config' is backed up .* by the older ReplicationSource demo\/app-src/,
    );
    expect(world.orchestrator.schedules.get('backup/demo/copy-src')).toMatchObject({ paused: true });
    expect(schedule()).toMatchObject({ paused: false });
  });
});

describe('objects of others', () => {
  it('with another mover are not touched', async () => {
    await world.apply({ ...source(), spec: { sourcePVC: 'app-config', restic: { repository: 'r' } } });
    await world.pass(5);
    expect(world.orchestrator.backups.length).toBe(0);
    expect(await world.status('ReplicationSource', 'app-src')).toEqual({});
  });

  it("with VolSync's status wait for adoption, and released ones are left alone", async () => {
    await addClaim(world, 'app-config');
    const status = { lastSyncTime: '2026-11-25T08:00:00Z', conditions: [{ type: 'Synchronizing', status: 'False' }] };
    await world.apply(source());
    world.cluster.update('ReplicationSource', ref, { status });
    await world.pass(600);
    expect(world.orchestrator.backups.length).toBe(0);
    expect(await world.status('ReplicationSource', 'app-src')).toEqual(status);

    await world.cluster.patch('ReplicationSource', ref, {
      metadata: { annotations: { 'stowage.dev/control': 'adopted' } },
    });
    await world.pass(10);
    expect(schedule()).toMatchObject({ paused: false });
    await world.cluster.patch('ReplicationSource', ref, {
      metadata: { annotations: { 'stowage.dev/control': 'released' } },
    });
    await world.pass(10);
    expect(schedule()).toBeUndefined();
  });

  it("that are new are left to VolSync while its operator renews its lease, and are Stowage's when it is gone", async () => {
    await addClaim(world, 'app-config');
    const lease = { namespace: 'default', name: 'b95b3104.backube' };
    const renew = new Date(world.small.clock.now() + 600_000).toISOString();
    await world.cluster.create('Lease', {
      metadata: lease,
      spec: { holderIdentity: 'x', leaseDurationSeconds: 15, renewTime: renew },
    });
    await world.apply(source());
    await world.pass(60);
    expect(world.orchestrator.backups.length).toBe(0);
    await world.pass(900);
    expect(schedule()).toMatchObject({ paused: false });
  });
});

describe('the watch', () => {
  it('goes on after the API server was away, without a run doubled or a change lost', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    const away = new PortError('ClusterUnreachable', 'planned');
    for (const kind of ['ReplicationSource', 'ReplicationDestination', 'PersistentVolumeClaim'] as const)
      world.faults.add({ method: 'watch', kind, times: 5, error: away });
    world.faults.add({ method: 'list', kind: 'Lease', times: 5, error: away });
    await world.apply(source({ name: 'second-src', spec: { sourcePVC: 'second' } }));
    await addClaim(world, 'second');
    await world.pass(300);
    expect(world.orchestrator.backups.map(({ scheduleId }) => scheduleId).sort()).toEqual([
      ID,
      'backup/demo/second-src',
    ]);
    expect(world.orchestrator.triggered).toEqual([ID, 'backup/demo/second-src']);
  });

  it('goes on after Temporal was away', async () => {
    await addClaim(world, 'app-config');
    world.orchestrator.away = new PortError('ClusterUnreachable', 'planned');
    await world.apply(source());
    await world.pass(120);
    expect(world.small.heartbeats.at(-1)).toMatchObject({ problem: 'ClusterUnreachable: planned' });
    world.orchestrator.away = undefined;
    await world.pass(30);
    expect(world.orchestrator.triggered).toEqual([ID]);
  });

  it('taken over by another finds everything done, and starts nothing again', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    await world.cluster.applyStatus(
      'ReplicationSource',
      ref,
      { lastSyncTime: new Date(world.small.clock.now()).toISOString() },
      'stowage-run',
    );
    await world.pass(40);
    const { writes } = world.orchestrator;
    world.restart();
    await world.pass(60);
    expect(world.orchestrator.writes).toBe(writes);
  });

  it('concludes nothing from a cluster that it could not read whole', async () => {
    await addClaim(world, 'app-config');
    await world.apply(source());
    await world.pass(5);
    world.faults.add({
      method: 'watch',
      kind: 'ReplicationSource',
      times: 1_000,
      error: new PortError('Forbidden', 'no'),
    });
    world.restart();
    await world.pass(600);
    expect(schedule()).toMatchObject({ paused: false });
  });

  it('goes on with the others where one namespace refuses it something', async () => {
    await addClaim(world, 'app-config');
    await addClaim(world, 'open');
    await world.apply(source({ name: 'open-src', spec: { sourcePVC: 'open' } }));
    await world.pass(5);
    world.faults.add({
      method: 'get',
      kind: 'Secret',
      times: 1_000,
      error: new PortError('Forbidden', 'may not get it'),
    });
    await world.apply(source({ kopia: { repository: 'closed' } }));
    await world.apply(source({ name: 'open-src', spec: { sourcePVC: 'open', trigger: { schedule: '5 * * * *' } } }));
    await world.pass(30);
    expect(await conditionOf('Protected')).toBe('False/Forbidden: may not get it; there is no backup yet');
    expect(await conditionOf('Protected', 'open-src')).toBe('False/NeverBackedUp: there is no backup yet');
    expect(world.orchestrator.schedules.get('backup/demo/open-src')?.settings.calendars[0]?.comment).toContain(
      '5 * * * *',
    );
  });

  it('is planned while hundreds of first runs are being started, and none of those is left out or doubled for it', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `many${index}`);
    const trigger = world.orchestrator.triggerSchedule.bind(world.orchestrator);
    world.orchestrator.triggerSchedule = async (one) => {
      await world.small.clock.sleep(1_000);
      await trigger(one);
    };
    for (const name of names) await addClaim(world, name);
    for (const name of names) await world.apply(source({ name: `${name}-src`, spec: { sourcePVC: name } }));
    await addClaim(world, 'app-config');
    await world.pass(3);
    await world.apply(source());
    await world.pass(3);
    expect(schedule()).toMatchObject({ paused: false });
    expect(world.orchestrator.triggered.length).toBeLessThan(names.length / 2);
    await world.pass(30);
    const all = ['app-src', ...names.map((name) => `${name}-src`)].map((name) => `backup/${NAMESPACE}/${name}`);
    expect([...world.orchestrator.triggered].sort()).toEqual(all.sort());
  });
});
