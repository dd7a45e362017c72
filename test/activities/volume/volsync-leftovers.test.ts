import type { V1ObjectMeta } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createControlActivities } from '../../../activities/control-activities.ts';
import { withFailureMapping } from '../../../activities/failure-mapping.ts';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { obtainJob } from '../../../activities/mover/obtain-job.ts';
import { buildSnapshotClaim } from '../../../activities/volume/claims.ts';
import { claimBinder } from '../../fakes/claim-binder.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { snapshotController } from '../../fakes/snapshot-controller.ts';
import {
  backupInput,
  backupStep,
  failureOf,
  NAMESPACE,
  runOf,
  settings,
  smallWorld,
  UNIQUE_ID,
} from '../small-world.ts';

const JOB = { namespace: NAMESPACE, name: 'volsync-src-app-src' };
const COPY = { namespace: NAMESPACE, name: 'volsync-app-src-src' };

const VOLSYNC = { 'app.kubernetes.io/created-by': 'volsync' };
const CLEANUP = { ...VOLSYNC, 'volsync.backube/cleanup': 'uid-of-the-source' };
const ownedBy = (run: string): V1ObjectMeta => ({
  labels: { ...VOLSYNC, 'app.kubernetes.io/managed-by': 'stowage', 'stowage.dev/run': `run-${run}` },
  annotations: { 'stowage.dev/run-id': `run-${run}`, 'stowage.dev/workflow-id': `test/${run}` },
});

/** Who made what lies under a name that a run wants to use. */
const MAKERS = {
  Stranger: { labels: { app: 'backup-script' } },
  VolSync: { labels: CLEANUP },
  KeptByPerson: { labels: { ...CLEANUP, 'volsync.backube/do-not-delete': 'please' } },
  VolSyncForGood: { labels: VOLSYNC },
  ClosedRun: ownedBy('older'),
  OpenRun: ownedBy('open'),
} satisfies Record<string, V1ObjectMeta>;
type Maker = keyof typeof MAKERS;
type JobState = 'Complete' | 'Failed' | 'Running';

interface Scene {
  readonly job?: Maker | undefined;
  readonly jobState: JobState;
  readonly snapshot?: Maker | undefined;
  readonly copy?: Maker | undefined;
  readonly declared: boolean;
}

async function stage({ job, jobState, snapshot, copy, declared }: Scene) {
  const cluster = new InMemoryCluster({
    namespaces: [NAMESPACE, 'stowage-system'],
    controllers: [claimBinder(), snapshotController({})],
  });
  const claim = (name: string, metadata: V1ObjectMeta = {}) =>
    cluster.create('PersistentVolumeClaim', {
      metadata: { ...metadata, namespace: NAMESPACE, name },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } },
    });
  await Promise.all([claim('app-config'), claim('kopia'), claim('volsync-src-app-src-cache', { labels: VOLSYNC })]);
  await cluster.create('Secret', {
    metadata: { namespace: NAMESPACE, name: 'app-volsync-secret' },
    data: { KOPIA_PASSWORD: 'c2VjcmV0' },
  });
  await cluster.create('ConfigMap', {
    metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
    data: { uniqueId: UNIQUE_ID },
  });
  const small = smallWorld(cluster);
  small.runs.add(runOf('open'));
  if (job) {
    await cluster.create('Job', {
      metadata: { ...JOB, ...MAKERS[job] },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'kopia', image: 'kopia' }] } } },
    });
    const conditions = jobState === 'Running' ? [] : [{ type: jobState, status: 'True' }];
    cluster.update('Job', JOB, { status: { conditions } });
  }
  if (snapshot) {
    await cluster.create('VolumeSnapshot', {
      metadata: { ...COPY, ...MAKERS[snapshot] },
      spec: { source: { persistentVolumeClaimName: 'app-config' } },
    });
  }
  if (copy) await claim(COPY.name, MAKERS[copy]);
  await small.clock.until(small.clock.sleep(1_000));

  const uidOf = async (kind: 'Job' | 'VolumeSnapshot' | 'PersistentVolumeClaim', ref: typeof JOB) =>
    (await cluster.get(kind, ref))?.metadata?.uid;
  const uids = async () => ({
    job: await uidOf('Job', JOB),
    snapshot: await uidOf('VolumeSnapshot', COPY),
    copy: await uidOf('PersistentVolumeClaim', COPY),
    cache: await uidOf('PersistentVolumeClaim', { ...COPY, name: 'volsync-src-app-src-cache' }),
  });
  const control = createControlActivities(small.dependencies);
  /** What a backup does up to its posted mover. */
  const backUp = async (): Promise<void> => {
    const step = backupStep({ declared });
    const plan = await small.run(() => control.preflightBackup(step));
    const capture = await small.run(() => control.captureVolume({ ...step, plan }));
    const input = backupInput({ ...step, plan, capture });
    const objects = {
      run: step.run,
      job: buildBackupJob(input, settings),
      claims: [buildSnapshotClaim(input, capture.volumeSnapshot ?? '')],
      keptClaims: [],
      declared,
    };
    const { post } = withFailureMapping({
      post: () => obtainJob(small.dependencies, objects, new AbortController().signal),
    });
    await small.run(() => post());
  };
  const pathOf = async (repositoryPath?: string): Promise<string | undefined> => {
    const step = backupStep(repositoryPath ? { repositoryPath } : {});
    const { repository } = await small.run(() => control.preflightBackup(step));
    return repository.kind === 'Volume' ? repository.path : undefined;
  };
  return { cluster, uids, backUp, pathOf };
}

describe('what VolSync left', () => {
  test('goes with the first backup after its adoption: finished Job, VolumeSnapshot and copy; its cache stays', async () => {
    const scene: Scene = { job: 'VolSync', jobState: 'Complete', snapshot: 'VolSync', copy: 'VolSync', declared: true };
    const { uids, backUp, cluster } = await stage(scene);
    const before = await uids();
    await backUp();
    const after = await uids();
    expect(after.cache).toBe(before.cache);
    for (const name of ['job', 'snapshot', 'copy'] as const) expect(after[name]).not.toBe(before[name]);
    const job = await cluster.get('Job', JOB);
    expect(job?.metadata?.annotations?.['stowage.dev/run-id']).toBe('run-own');
  });

  test('is waited for while its Job still runs', async () => {
    for (const copy of ['VolSync', undefined] as const) {
      const { backUp, uids } = await stage({ job: 'VolSync', jobState: 'Running', copy, declared: true });
      const before = await uids();
      const failed = await failureOf(backUp());
      expect(failed).toMatchObject({ type: 'VolumeBusy', retryable: true });
      expect(failed.message).toContain("VolSync's Job demo/volsync-src-app-src still runs");
      expect((await uids()).job).toBe(before.job);
    }
  });

  test('is left alone by a run that no declared object stands behind', async () => {
    const { backUp, uids } = await stage({ job: 'VolSync', jobState: 'Complete', declared: false });
    const before = await uids();
    expect(await failureOf(backUp())).toMatchObject({ type: 'VolumeBusy', retryable: false });
    expect((await uids()).job).toBe(before.job);
  });

  test('is the only thing beside our own leftovers that is ever removed', async () => {
    const maker = fc.constantFrom(...(Object.keys(MAKERS) as Maker[]), undefined);
    const scenes: fc.Arbitrary<Scene> = fc.record({
      job: maker,
      jobState: fc.constantFrom<JobState>('Complete', 'Failed', 'Running'),
      snapshot: maker,
      copy: maker,
      declared: fc.boolean(),
    });
    const tally = { removed: 0, kept: 0 };
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const { uids, backUp } = await stage(scene);
        const before = await uids();
        await backUp().catch(() => undefined);
        const after = await uids();
        expect(after.cache).toBe(before.cache);
        const volSyncRuns = scene.jobState === 'Running' && (scene.job === 'VolSync' || scene.job === 'VolSyncForGood');
        const inherited = scene.declared && !volSyncRuns;
        for (const name of ['job', 'snapshot', 'copy'] as const) {
          const made = scene[name];
          if (!made || after[name] === before[name]) {
            tally.kept++;
            continue;
          }
          tally.removed++;
          const removable = made === 'ClosedRun' || (inherited && made === 'VolSync');
          expect(removable, JSON.stringify({ scene, name })).toBe(true);
        }
      }),
      { numRuns: 150, seed: 5 },
    );
    expect(tally.removed).toBeGreaterThan(20);
    expect(tally.kept).toBeGreaterThan(20);
  });
});

test('movers are sent where the adopted repository was found, unless the request says where', async () => {
  const { cluster, pathOf } = await stage({ jobState: 'Complete', declared: true });
  const record = { namespace: 'stowage-system', name: 'stowage-repository-kopia' };
  await expect(pathOf()).resolves.toBe('/repository');
  await cluster.patch('ConfigMap', record, { data: { path: 'repository/repository' } });
  await expect(pathOf()).resolves.toBe('/repository/repository/repository');
  await expect(pathOf('/repository/elsewhere')).resolves.toBe('/repository/elsewhere');
  await cluster.patch('ConfigMap', record, { data: { path: '../../etc' } });
  expect(await failureOf(pathOf())).toMatchObject({ type: 'RepositoryNotFound', retryable: false });
});
