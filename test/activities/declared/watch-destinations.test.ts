import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NAMESPACE } from '../small-world.ts';
import { addClaim, destination, removeClaim, SECRET, source, type WatchWorld, watchWorld } from './watch-world.ts';

const ref = { namespace: NAMESPACE, name: 'app-dst' };
let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const restores = () => world.orchestrator.runs.filter(({ workflowId }) => workflowId.startsWith('restore/'));
const restored = (name = 'app-dst') => world.condition('ReplicationDestination', name, 'Restored');
const runStatus = (status: object) => world.cluster.applyStatus('ReplicationDestination', ref, status, 'stowage-run');
const provenance = {
  'stowage.dev/restored-by-run': 'r',
  'stowage.dev/restored-from-snapshot': 'abc',
  'stowage.dev/restored-snapshot-time': '2026-11-25T08:00:00Z',
};

describe('a declared destination', () => {
  it('restores its claim when it is missing, under the identity of the source that backs it up', async () => {
    await world.apply(source());
    await world.apply(destination());
    await world.pass(10);
    expect(restores()).toMatchObject([
      {
        workflowId: 'restore/demo/app-config',
        request: {
          claim: 'app-config',
          destination: 'app-dst',
          source: 'app-src',
          identity: { username: 'app-src', hostname: 'demo', path: '/data' },
          declared: true,
          manual: 'restore-once',
          whenNoSnapshot: 'Empty',
          secretName: SECRET,
        },
      },
    ]);
    expect(await restored()).toBe('False/ClaimMissing: claim app-config is brought back by itself');
    await world.pass(600);
    expect(restores()).toHaveLength(1);
  });

  it('restores again after a second disaster, and says from what', async () => {
    await world.apply(source());
    await world.apply(destination());
    await world.pass(10);
    for (const count of [1, 2]) {
      expect(restores()).toHaveLength(count);
      await addClaim(world, 'app-config', { annotations: provenance });
      world.orchestrator.end(restores().at(-1)!, { state: 'Completed' });
      await runStatus({ lastManualSync: 'restore-once', latestMoverStatus: { result: 'Successful' } });
      await world.pass(60);
      expect(await restored()).toBe(
        'True/Restored: claim app-config came back from snapshot abc of 2026-11-25T08:00:00Z',
      );
      removeClaim(world, 'app-config');
      await world.pass(60);
    }
    expect(restores()).toHaveLength(3);
  });

  it('leaves a claim that exists alone, and answers the trigger once with that', async () => {
    await addClaim(world, 'app-config');
    await world.apply(destination());
    await world.pass(10);
    // The run itself looks at the claim and touches nothing; it is the audit.
    expect(restores()).toHaveLength(1);
    world.orchestrator.end(restores()[0]!, { state: 'Completed' });
    await runStatus({ lastManualSync: 'restore-once' });
    await world.pass(600);
    expect(restores()).toHaveLength(1);
    expect(await restored()).toMatch(/^True\/ClaimExists: claim app-config exists and is never written/);
  });

  it('is not in a hurry: a claim that is back within seconds is not restored', async () => {
    await world.apply(destination({ spec: { trigger: undefined } }));
    await world.pass(1);
    await addClaim(world, 'app-config');
    await world.pass(600);
    expect(restores()).toHaveLength(0);
  });

  it('restores every claim that names it as its data source and waits', async () => {
    await world.apply(source());
    await world.apply(destination({ kopia: { destinationPVC: undefined, copyMethod: 'Snapshot' } }));
    await addClaim(world, 'app-config', { phase: 'Pending', populatedBy: 'app-dst' });
    await addClaim(world, 'other', { phase: 'Pending', populatedBy: 'app-dst' });
    await addClaim(world, 'plain', { phase: 'Pending' });
    await world.pass(10);
    // One after the other: they share the staging claim and the movers of the destination.
    const [first] = restores();
    expect(restores()).toMatchObject([{ workflowId: 'restore/demo/app-config' }]);
    world.cluster.update('PersistentVolumeClaim', { ...ref, name: 'app-config' }, { status: { phase: 'Bound' } });
    await world.pass(60);
    // It cleans up still.
    expect(restores()).toHaveLength(1);
    world.orchestrator.end(first!, { state: 'Completed' });
    await world.pass(15);
    expect(restores().slice(1)).toMatchObject([{ workflowId: 'restore/demo/other' }]);
  });

  it('goes on with the next claim that waits when the restore of one fails, and never works on two at once', async () => {
    await world.apply(source());
    await world.apply(destination({ kopia: { destinationPVC: undefined, copyMethod: 'Snapshot' } }));
    for (const name of ['app-config', 'other'])
      await addClaim(world, name, { phase: 'Pending', populatedBy: 'app-dst' });
    await world.pass(10);
    const open = () => restores().filter(({ last }) => last.state === 'Open');
    world.orchestrator.end(open()[0]!, { state: 'Failed', failureType: 'RepositoryUnreachable' });
    await world.pass(15);
    expect(open()).toMatchObject([{ workflowId: 'restore/demo/other' }]);
    await world.pass(300);
    expect(restores()).toHaveLength(2);
    world.orchestrator.end(open()[0]!, { state: 'Failed', failureType: 'RepositoryUnreachable' });
    await world.pass(60);
    expect(open()).toHaveLength(1);
  });

  it('makes an image for a manual value when no claim waits', async () => {
    await world.apply(source());
    await world.apply(
      destination({
        kopia: { destinationPVC: undefined, copyMethod: 'Snapshot', sourceIdentity: { sourceName: 'app-src' } },
      }),
    );
    await world.pass(10);
    expect(restores()).toMatchObject([
      { request: { deliver: 'Image', whenNoSnapshot: 'Fail', manual: 'restore-once' } },
    ]);
    world.orchestrator.end(restores()[0]!, { state: 'Completed' });
    await runStatus({
      lastManualSync: 'restore-once',
      latestImage: { apiGroup: 'g', kind: 'VolumeSnapshot', name: 'i' },
    });
    await world.pass(600);
    expect(restores()).toHaveLength(1);
    expect(await restored()).toBe('True/ImageReady: VolumeSnapshot i holds the restored data');
  });

  it('asks its restore to end when it is deleted itself', async () => {
    await world.apply(destination());
    await world.pass(10);
    await world.cluster.delete('ReplicationDestination', ref);
    await world.pass(10);
    expect(restores()[0]?.last.state).toBe('Canceled');
  });

  it('asks its restore to end also when it was paused meanwhile', async () => {
    await world.apply(destination());
    await world.pass(10);
    await world.apply(destination({ spec: { paused: true } }));
    await world.pass(60);
    expect(restores()[0]?.last.state).toBe('Open');
    await world.cluster.delete('ReplicationDestination', ref);
    await world.pass(10);
    expect(restores()[0]?.last.state).toBe('Canceled');
  });

  it('that takes the name of another one ends the restore of that one, and gets its own', async () => {
    await world.apply(destination());
    await world.pass(10);
    // Between two looks of the watch.
    await world.cluster.delete('ReplicationDestination', ref);
    await world.apply(destination());
    await world.pass(30);
    expect(restores().map(({ last }) => last.state)).toEqual(['Canceled', 'Open']);
  });

  it('that is declared anew waits anew for its claim to come', async () => {
    await world.apply(destination({ spec: { trigger: undefined } }));
    await world.pass(2);
    await world.cluster.delete('ReplicationDestination', ref);
    await world.pass(60);
    await world.apply(destination({ spec: { trigger: undefined } }));
    await world.pass(1);
    await addClaim(world, 'app-config');
    await world.pass(60);
    expect(restores()).toHaveLength(0);
  });

  it('restores nothing while it is paused, or its namespace goes', async () => {
    await world.apply(destination({ spec: { paused: true } }));
    await world.pass(60);
    expect(restores()).toHaveLength(0);
    expect(await restored()).toMatch(/^False\/NothingWanted|^False\/Paused/);
    world.cluster.update(
      'Namespace',
      { name: NAMESPACE },
      { metadata: { deletionTimestamp: new Date().toISOString(), finalizers: ['kubernetes'] } },
    );
    await world.apply(destination());
    await world.pass(60);
    expect(restores()).toHaveLength(0);
  });

  it('restores a claim that is lost after an earlier restore had failed for good', async () => {
    await world.apply(source());
    await world.apply(destination());
    await world.pass(10);
    world.orchestrator.end(restores()[0]!, { state: 'Failed', failureType: 'TargetExists' });
    await addClaim(world, 'app-config');
    await world.pass(600);
    await runStatus({ lastManualSync: 'restore-once', latestMoverStatus: { result: 'Successful' } });
    await world.pass(60);
    const before = restores().length;
    for (const run of restores()) if (run.last.state === 'Open') world.orchestrator.end(run, { state: 'Completed' });
    removeClaim(world, 'app-config');
    await world.pass(60);
    expect(restores().length).toBe(before + 1);
  });

  it('never starts empty what was backed up once, whatever identity it has now', async () => {
    await world.apply(source());
    await world.pass(5);
    await world.cluster.applyStatus(
      'ReplicationSource',
      { namespace: NAMESPACE, name: 'app-src' },
      { lastSyncTime: '2026-11-25T08:00:00Z' },
      'stowage-run',
    );
    await world.apply(source({ kopia: { username: 'renamed' } }));
    await world.apply(destination());
    await world.pass(10);
    expect(restores()).toMatchObject([{ request: { whenNoSnapshot: 'Fail', identity: { username: 'renamed' } } }]);
  });

  it('says which declared identities look like its own: only others are former names of it', async () => {
    await world.apply(source());
    await world.apply(source({ name: 'app-meta', spec: { sourcePVC: 'app-meta' } }));
    await world.apply(source({ name: 'other', spec: { sourcePVC: 'other' } }));
    await world.apply(destination());
    await world.pass(10);
    expect(restores()).toMatchObject([{ request: { whenNoSnapshot: 'Empty', neighbours: ['app-meta@demo:/data'] } }]);
  });

  it('restores under the identity that VolSync derives of a long name, although it ends with a dash', async () => {
    const name = `${'a'.repeat(49)}-and-more`;
    await world.apply(source({ name }));
    await world.apply(destination());
    await world.pass(10);
    const [run] = restores();
    expect(run?.request).toMatchObject({ identity: { username: `${'a'.repeat(49)}-`, hostname: 'demo' } });
    expect(await restored()).toMatch(/^False\/ClaimMissing/);
  });

  it("leaves a claim that waits for another destination's volume to that one", async () => {
    await addClaim(world, 'app-config', { phase: 'Pending', populatedBy: 'other-dst' });
    await world.apply(destination());
    await world.pass(60);
    expect(restores()).toHaveLength(0);
  });
});

describe('what is wrong with a destination', () => {
  it('no snapshot under its identity and no source of that identity: the restore may not start empty', async () => {
    await world.apply(destination({ kopia: { sourceIdentity: { sourceName: 'typo' } } }));
    await world.pass(10);
    expect(restores()).toMatchObject([
      { request: { whenNoSnapshot: 'Fail', identity: { username: 'typo', hostname: 'demo', path: '/data' } } },
    ]);
    world.orchestrator.end(restores()[0]!, { state: 'Failed', failureType: 'SnapshotNotFound' });
    await runStatus({
      latestMoverStatus: {
        result: 'Failed',
        logs: 'SnapshotNotFound: no typo@demo:/data; it holds app-src@demo:/data',
      },
    });
    await world.pass(3600);
    expect(await restored()).toBe(
      'False/SnapshotNotFound: SnapshotNotFound: no typo@demo:/data; it holds app-src@demo:/data',
    );
    expect(await world.condition('ReplicationDestination', 'app-dst', 'Synchronizing')).toMatch(/^False\/Error: Snap/);
    // Tried again only when something changed: here the identity.
    expect(restores()).toHaveLength(1);
    await world.apply(destination({ kopia: { sourceIdentity: { sourceName: 'app-src' } } }));
    await world.pass(10);
    expect(restores()).toHaveLength(2);
  });

  it('a Secret that comes late: nothing is started before, and no failure stays', async () => {
    await world.cluster.delete('Secret', { namespace: NAMESPACE, name: SECRET });
    await world.apply(source());
    await world.apply(destination());
    await world.pass(60);
    expect(restores()).toHaveLength(0);
    expect(await restored()).toMatch(/^False\/SecretMissing: Secret demo\/app-volsync-secret/);
    await world.cluster.create('Secret', {
      metadata: { namespace: NAMESPACE, name: SECRET },
      data: { KOPIA_PASSWORD: 'cA==' },
    });
    await world.pass(15);
    expect(restores()).toHaveLength(1);
  });

  it('a repository that can not be reached is tried again by itself; one that was never initialised, after it was', async () => {
    await world.apply(source());
    await world.apply(destination());
    await world.pass(10);
    world.orchestrator.end(restores()[0]!, { state: 'Failed', failureType: 'RepositoryUnreachable' });
    await world.pass(120);
    expect(restores()).toHaveLength(2);
    world.orchestrator.end(restores()[1]!, { state: 'Failed', failureType: 'RepositoryNotFound' });
    await world.pass(600);
    expect(restores()).toHaveLength(2);
    await world.cluster.create('ConfigMap', {
      metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
      data: { uniqueId: 'ab' },
    });
    await world.pass(120);
    expect(restores()).toHaveLength(3);
  });

  it('username without hostname, and a copy method that a destination has not: both fields are named', async () => {
    await world.apply(destination({ kopia: { username: 'x', copyMethod: 'Clone' } }));
    await world.pass(10);
    const text = await restored();
    expect(text).toMatch(/^False\/InvalidSpec: /);
    expect(text).toContain('spec.kopia.copyMethod');
    expect(text).toContain('spec.kopia.hostname: is needed because username is set');
    expect(restores()).toHaveLength(0);
  });

  it('two destinations of one claim: the elder acts', async () => {
    await world.apply(destination());
    await world.apply(destination({ name: 'later-dst', kopia: { previous: 3 } }));
    await world.pass(10);
    expect(restores()).toMatchObject([{ request: { destination: 'app-dst' } }]);
    expect(await restored('later-dst')).toMatch(
      /^False\/VolumeConflict: spec\.kopia\.destinationPVC: 'app-config' is restored by the older ReplicationDestination demo\/app-dst/,
    );
  });
});
