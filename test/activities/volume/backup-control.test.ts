import { afterEach, describe, expect, test } from 'vitest';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { buildSnapshotClaim } from '../../../activities/volume/claims.ts';
import { buildVolumeSnapshot } from '../../../activities/volume/volume-snapshot.ts';
import { backupWorkflowId } from '../../../workflows/backup/contract.ts';
import { FailureType } from '../../../workflows/failures.ts';
import { restoreWorkflowId } from '../../../workflows/restore/contract.ts';
import type { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import {
  backupInput,
  backupPlan,
  backupStep,
  failureOf,
  NAMESPACE,
  OWN_RUN,
  runOf,
  settings,
  UNIQUE_ID,
} from '../small-world.ts';
import { type BackupWorld, type BackupWorldOptions, createBackupWorld } from './backup-world.ts';

const CAPTURE = { namespace: NAMESPACE, name: 'volsync-app-src-src' };
const JOB = { namespace: NAMESPACE, name: 'volsync-src-app-src' };
const CLAIM = { namespace: NAMESPACE, name: 'app-config' };

let cluster: InMemoryCluster;
afterEach(() => cluster?.verifyControllers());

const world = async (options: BackupWorldOptions = {}): Promise<BackupWorld> => {
  const made = await createBackupWorld(options);
  cluster = made.cluster;
  return made;
};

describe('preflight of a backup', () => {
  test('plans from what is there, with four requests', async () => {
    const { activities, run } = await world();
    const before = Object.values(cluster.requestCounts()).reduce((a, b) => a + b, 0);
    const plan = await run(() => activities.preflightBackup(backupStep()));
    expect(plan).toMatchObject({
      capacity: '10Gi',
      accessModes: ['ReadWriteOnce'],
      claimStorageClassName: 'fast',
      cacheClaim: 'kopia-cache-app',
      cacheClaimExists: false,
      privileged: false,
      repositoryUniqueId: UNIQUE_ID,
      repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
    });
    expect(Object.values(cluster.requestCounts()).reduce((a, b) => a + b, 0) - before).toBe(4);
    expect(Object.keys(cluster.requestCounts()).some((call) => /^(patch|delete)/.test(call))).toBe(false);
    expect(JSON.stringify(plan)).not.toContain('secret');
  });

  test("uses the cache that VolSync left, and the namespace's word on privileges", async () => {
    const { activities, run, claim } = await world();
    await claim('volsync-src-app-src-cache');
    await cluster.patch(
      'Namespace',
      { name: NAMESPACE },
      { metadata: { annotations: { 'volsync.backube/privileged-movers': 'True' } } },
    );
    await expect(run(() => activities.preflightBackup(backupStep()))).resolves.toMatchObject({
      cacheClaim: 'volsync-src-app-src-cache',
      cacheClaimExists: true,
      privileged: true,
    });
  });

  test('pins a direct mount to the node whose pod uses the volume', async () => {
    const { activities, run } = await world();
    await cluster.create('Pod', {
      metadata: { namespace: NAMESPACE, name: 'app' },
      spec: {
        nodeName: 'node7',
        containers: [{ name: 'app' }],
        volumes: [{ name: 'config', persistentVolumeClaim: { claimName: 'app-config' } }],
      },
    });
    const direct = await run(() => activities.preflightBackup(backupStep({ copyMethod: 'Direct' })));
    expect(direct.nodeName).toBe('node7');
    const copied = await run(() => activities.preflightBackup(backupStep()));
    expect(copied.nodeName).toBeUndefined();
  });

  test('looks for pods only where the node matters: a direct mount that one node has for itself', async () => {
    const { activities, run } = await world();
    const looks = () => cluster.requestCounts()['list Pod'] ?? 0;
    await run(() => activities.preflightBackup(backupStep()));
    await run(() => activities.preflightBackup(backupStep({ copyMethod: 'Clone' })));
    cluster.update('PersistentVolumeClaim', CLAIM, { spec: { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] } });
    const shared = await run(() => activities.preflightBackup(backupStep({ copyMethod: 'Direct' })));
    expect(shared.nodeName).toBeUndefined();
    expect(looks()).toBe(0);
    cluster.update('PersistentVolumeClaim', CLAIM, { spec: { accessModes: ['ReadWriteOnce'] } });
    await run(() => activities.preflightBackup(backupStep({ copyMethod: 'Direct' })));
    expect(looks()).toBe(1);
  });

  type Break = (cluster: InMemoryCluster, w: Awaited<ReturnType<typeof world>>) => unknown;
  const refusals: [string, FailureType, boolean, Break][] = [
    ['no claim', 'SourceMissing', false, (c) => c.delete('PersistentVolumeClaim', CLAIM)],
    ['no Secret', 'SecretMissing', true, (c) => c.delete('Secret', { ...CLAIM, name: 'app-volsync-secret' })],
    [
      'no key',
      'SecretInvalid',
      false,
      (c) => c.patch('Secret', { ...CLAIM, name: 'app-volsync-secret' }, { data: { KOPIA_PASSWORD: null } }),
    ],
    [
      'an empty key',
      'SecretInvalid',
      false,
      (c) => c.patch('Secret', { ...CLAIM, name: 'app-volsync-secret' }, { data: { KOPIA_PASSWORD: '' } }),
    ],
    [
      'a repository that nobody initialised',
      'RepositoryNotFound',
      false,
      (c) => c.delete('ConfigMap', { namespace: 'stowage-system', name: 'stowage-repository-kopia' }),
    ],
    [
      'no repository volume',
      'RepositoryUnreachable',
      true,
      (c) => c.delete('PersistentVolumeClaim', { ...CLAIM, name: 'kopia' }),
    ],
    [
      'an open restore of the claim',
      'VolumeBusy',
      true,
      (_, w) => w.runs.add({ workflowId: restoreWorkflowId(NAMESPACE, 'app-config'), runId: 'r' }),
    ],
    [
      'another open backup',
      'VolumeBusy',
      true,
      (_, w) => w.runs.add({ workflowId: backupWorkflowId(NAMESPACE, 'app-src'), runId: 'b' }),
    ],
  ];
  test.each(refusals)('refuses with %s: %s', async (_name, type, retryable, breakIt) => {
    const w = await world();
    await breakIt(cluster, w);
    const failed = await failureOf(w.run(() => w.activities.preflightBackup(backupStep())));
    expect(failed).toMatchObject({ type, retryable });
  });

  test('does not wait for a restore that waits for it: a claim that gets its volume from one has nothing to back up', async () => {
    const { activities, run } = await world();
    await cluster.create('PersistentVolumeClaim', {
      metadata: { namespace: NAMESPACE, name: 'waiting-config' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'never',
        resources: { requests: { storage: '1Gi' } },
        dataSourceRef: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'waiting-dst' },
      },
    });
    await cluster.create('Secret', {
      metadata: { namespace: NAMESPACE, name: 'waiting-volsync-secret' },
      data: { KOPIA_PASSWORD: 'eA==' },
    });
    const failed = await failureOf(run(() => activities.preflightBackup(backupStep({ claim: 'waiting-config' }))));
    expect(failed).toMatchObject({ type: FailureType.SourceMissing, retryable: false });
    expect(failed.message).toContain('waits for the volume');
  });

  test('needs no repository claim where the repository is an NFS folder, and all else as ever', async () => {
    const { activities, run } = await world();
    const onNfs = backupStep({ repositoryNfs: { server: 'nas', path: '/backups' } });
    await cluster.delete('PersistentVolumeClaim', { ...CLAIM, name: 'kopia' });
    await expect(run(() => activities.preflightBackup(onNfs))).resolves.toBeDefined();
    await cluster.delete('ConfigMap', { namespace: 'stowage-system', name: 'stowage-repository-kopia' });
    expect(await failureOf(run(() => activities.preflightBackup(onNfs)))).toMatchObject({ type: 'RepositoryNotFound' });
  });

  test('sees its own run as no other one', async () => {
    const { activities, run, runs } = await world();
    const own = { workflowId: backupWorkflowId(NAMESPACE, 'app-src'), runId: 'me' };
    runs.add(own);
    await expect(run(() => activities.preflightBackup(backupStep({}, own)))).resolves.toBeDefined();
  });
});

describe('capture', () => {
  test('makes a snapshot and says when it is usable, twice the same', async () => {
    const { activities, run } = await world();
    const capture = () => run(() => activities.captureVolume({ ...backupStep(), plan: backupPlan }));
    const expected = { dataClaim: CAPTURE.name, volumeSnapshot: CAPTURE.name };
    await expect(capture()).resolves.toEqual(expected);
    await expect(capture()).resolves.toEqual(expected);
    expect(cluster.store.list('VolumeSnapshot')).toHaveLength(1);
  });

  test('asks for a clone that is as large as the snapshot needs', async () => {
    const { activities, run } = await world();
    const plan = { ...backupPlan, capacity: '5Gi' };
    await expect(run(() => activities.captureVolume({ ...backupStep(), plan }))).resolves.toMatchObject({
      capacity: '10Gi',
    });
  });

  test.each([
    ['volumesnapshotclass.snapshot.storage.k8s.io "fast" not found', 'fast', "VolumeSnapshotClass 'fast'"],
    ['cannot find default snapshot class', undefined, 'no default VolumeSnapshotClass'],
    ['the pool is broken', undefined, 'the pool is broken'],
  ])("ends within seconds with the controller's own words: %s", async (message, className, said) => {
    const { activities, run, clock } = await world({ failSnapshot: message });
    const step = backupStep(className ? { volumeSnapshotClassName: className } : {});
    const before = clock.now();
    const failed = await failureOf(run(() => activities.captureVolume({ ...step, plan: backupPlan })));
    expect(failed).toMatchObject({ type: FailureType.VolumeSnapshotFailed, retryable: true });
    expect(failed.message).toContain(said);
    expect(clock.now() - before).toBeLessThan(10_000);
  });

  test('removes what a closed run left, and never uses it', async () => {
    const { activities, run } = await world();
    const older = backupStep({}, runOf('older'));
    await cluster.create('VolumeSnapshot', buildVolumeSnapshot(older));
    await cluster.create('PersistentVolumeClaim', buildSnapshotClaim({ ...older, plan: backupPlan }, CAPTURE.name));
    const plan = await run(() => activities.preflightBackup(backupStep()));
    expect(plan.leftoverCopy).toBe(true);
    await run(() => activities.captureVolume({ ...backupStep(), plan }));
    const snapshot = await cluster.get('VolumeSnapshot', CAPTURE);
    expect(snapshot?.metadata?.labels?.['stowage.dev/run']).toBe(OWN_RUN.runId);
    expect(await cluster.get('PersistentVolumeClaim', CAPTURE)).toBeUndefined();
  });

  test('leaves the snapshot of an open run alone', async () => {
    const { activities, run, runs } = await world();
    runs.add(runOf('other'));
    await cluster.create('VolumeSnapshot', buildVolumeSnapshot(backupStep({}, runOf('other'))));
    const failed = await failureOf(run(() => activities.captureVolume({ ...backupStep(), plan: backupPlan })));
    expect(failed).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
  });
});

describe('clean-up of a backup', () => {
  const everything = async (run = OWN_RUN) => {
    const input = backupInput({ run, capture: { dataClaim: CAPTURE.name } });
    await cluster.create('VolumeSnapshot', buildVolumeSnapshot(input));
    await cluster.create('PersistentVolumeClaim', buildSnapshotClaim(input, CAPTURE.name));
    await cluster.create('Job', buildBackupJob(input, settings));
  };

  test('leaves nothing of the run but cache and repository', async () => {
    const { activities, run, claim } = await world();
    await claim('kopia-cache-app');
    const before = cluster.contents().filter((name) => !name.startsWith('PersistentVolume '));
    await everything();
    const { removed } = await run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: false }));
    expect([...removed].sort()).toEqual([
      'Job demo/volsync-src-app-src',
      'PersistentVolumeClaim demo/volsync-app-src-src',
      'VolumeSnapshot demo/volsync-app-src-src',
    ]);
    expect(cluster.contents().filter((name) => !name.startsWith('PersistentVolume '))).toEqual(before);
    await expect(run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: false }))).resolves.toEqual({
      removed: [],
    });
  });

  test('lets scripts see the Job reach Complete before it goes', async () => {
    let finish = (): void => undefined;
    const { activities, start, clock } = await world({
      run: () =>
        new Promise((resolve) => {
          finish = () => resolve({ exitCode: 0 });
        }),
    });
    await everything();
    const seen: (string | undefined)[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const { type, object } of cluster.watch('Job', JOB, stop.signal)) {
        seen.push(type === 'Gone' ? 'Gone' : object.status?.conditions?.at(-1)?.type);
      }
    })();
    const { result } = start(() => activities.cleanUpBackup({ ...backupStep(), stopMover: false }));
    await clock.until(clock.sleep(5_000));
    expect(seen).not.toContain('Gone');
    finish();
    await clock.until(result);
    stop.abort();
    await watching;
    expect(seen).toContain('Complete');
    expect(seen.indexOf('Complete')).toBeLessThan(seen.indexOf('Gone'));
  });

  test('does not wait for a mover that never completes', async () => {
    const { activities, run } = await world({ run: () => new Promise(() => undefined) });
    await everything();
    await run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: false }));
    expect(await cluster.get('Job', JOB)).toBeUndefined();
  });

  test('stops a running mover at once when told to', async () => {
    const { activities, run, clock } = await world({ run: () => new Promise(() => undefined) });
    await everything();
    const before = clock.now();
    await run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: true }));
    expect(clock.now() - before).toBeLessThan(1_000);
  });

  test('touches nothing of another run', async () => {
    const { activities, run } = await world();
    await everything(runOf('other'));
    await expect(run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: true }))).resolves.toEqual({
      removed: [],
    });
    expect(await cluster.get('Job', JOB)).toBeDefined();
    expect(await cluster.get('VolumeSnapshot', CAPTURE)).toBeDefined();
  });

  test('names what is left when it does not go', async () => {
    const { activities, run } = await world();
    await everything();
    await cluster.patch('VolumeSnapshot', CAPTURE, { metadata: { finalizers: ['example.com/stuck'] } });
    const failed = await failureOf(run(() => activities.cleanUpBackup({ ...backupStep(), stopMover: true })));
    expect(failed).toMatchObject({ type: FailureType.CleanupFailed, retryable: true });
    expect(failed.message).toMatch(/VolumeSnapshot demo\/volsync-app-src-src.*example.com\/stuck/);
  });
});
