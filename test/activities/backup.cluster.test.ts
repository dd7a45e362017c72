import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type BackupRequest, resolveBackup } from '../../api/backup-request.ts';
import { DECLARED_API_VERSION } from '../../api/declared-object.ts';
import type { BackupStep, RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { until } from '../system/until.ts';
import '../provided.ts';
import { createRealWorld, newRun, type RealWorld } from './real-world.ts';
import { failureOf } from './small-world.ts';

const FILL = 'mkdir -p /data/a/b; for i in $(seq 1 20); do echo $i > /data/a/f$i; done; ln -s a/f1 /data/link';

let world: RealWorld;
beforeAll(async () => {
  world = await createRealWorld({
    platform: inject('platform'),
    stowageImage: inject('stowageImage'),
    name: 'act-backup',
  });
  await world.createClaim('app-config', FILL);
});
afterAll(async () => await world?.close());

const stepOf = (request: Partial<BackupRequest> = {}, run: RunReference = newRun()): BackupStep => ({
  run,
  request: resolveBackup({
    namespace: world.namespace,
    claim: 'app-config',
    cache: { capacity: '64Mi', storageClassName: inject('platform').cacheStorageClass },
    volumeSnapshotClassName: inject('platform').snapshotClass,
    ...request,
  }),
});

const requests = (): number => Object.values(world.cluster.requestCounts()).reduce((sum, count) => sum + count, 0);

/** Preflight, capture and mover, as the workflow runs them. */
async function backUp(step: BackupStep) {
  const plan = await world.run(() => world.control.preflightBackup(step));
  const capture = await world.run(() => world.control.captureVolume({ ...step, plan }));
  return await world.run(() => world.movers.runBackupMover({ ...step, plan, capture }));
}

const cleanUp = (step: BackupStep, stopMover = false) =>
  world.run(() => world.control.cleanUpBackup({ ...step, stopMover }));

const mover = async () => {
  const jobs = await world.kubectl.list(world.namespace, 'jobs');
  const pods = await world.kubectl.list(world.namespace, 'pods', '-l', 'app.kubernetes.io/component=backup-mover');
  return { jobs: jobs.map(({ metadata }) => metadata.name), pods };
};

const objectsLeft = async (): Promise<string[]> => {
  const kinds = 'jobs,pods,volumesnapshots,persistentvolumeclaims';
  const found = await world.kubectl.list(world.namespace, kinds);
  return found.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
};

describe('a backup on the real cluster', () => {
  test.each([
    ['Snapshot', 20],
    ['Clone', 20],
    ['Direct', 10],
  ] as const)(
    '%s: snapshot under the right identity, recorded, nothing left over, few requests',
    async (copyMethod, budget) => {
      const step = stepOf({ copyMethod });
      const before = requests();
      const result = await backUp(step);
      expect(result).toMatchObject({ files: 20, unreadable: 0 });
      const record = {
        outcome: 'Succeeded',
        ...step.run,
        finishedAt: new Date().toISOString(),
        snapshotId: result.snapshotId,
        durationSeconds: 1,
      } as const;
      await world.run(() => world.control.recordBackup({ ...step, record }));
      const { removed } = await cleanUp(step);
      expect(removed).toContain(`Job ${world.namespace}/volsync-src-app-src`);
      const used = requests() - before;
      expect(used).toBeLessThanOrEqual(budget);
      expect(await objectsLeft()).toEqual([
        'PersistentVolumeClaim/app-config',
        'PersistentVolumeClaim/kopia',
        'PersistentVolumeClaim/kopia-cache-app',
      ]);
      const listed = JSON.parse(await world.kopia('snapshot', 'list', '--all', '--json')) as {
        id: string;
        source: object;
        tags: Record<string, string>;
      }[];
      const made = listed.find(({ id }) => id === result.snapshotId);
      expect(made?.source).toEqual({ userName: 'app-src', host: world.namespace, path: '/data' });
      expect(made?.tags['tag:stowage-run']).toBe(step.run.runId);
      const claim = await world.cluster.get('PersistentVolumeClaim', {
        namespace: world.namespace,
        name: 'app-config',
      });
      expect(claim?.metadata?.annotations?.['stowage.dev/last-backup']).toContain(result.snapshotId);
    },
  );

  test('a finished Job of the run is read again, not repeated', async () => {
    const step = stepOf({ copyMethod: 'Direct' });
    const first = await backUp(step);
    const again = await backUp(step);
    expect(again.snapshotId).toBe(first.snapshotId);
    expect((await mover()).pods).toHaveLength(1);
    await cleanUp(step);
  });

  test('an image that is missing is named within 15 s; the next attempt attaches', async () => {
    const other = await createRealWorld({
      platform: inject('platform'),
      stowageImage: inject('stowageImage'),
      name: 'act-image',
      settings: { kopiaImage: 'stowage.test/not-there:1' },
    });
    try {
      await other.createClaim('app-config', 'echo 1 > /data/f');
      const request = resolveBackup({ namespace: other.namespace, claim: 'app-config', copyMethod: 'Direct' });
      const step = { run: newRun(), request };
      const plan = await other.run(() => other.control.preflightBackup(step));
      const input = { ...step, plan, capture: { dataClaim: 'app-config' } };
      const began = Date.now();
      const failed = await failureOf(other.run(() => other.movers.runBackupMover(input)));
      expect(failed).toMatchObject({ type: FailureType.ImageUnavailable, retryable: true });
      expect(Date.now() - began).toBeLessThan(15_000);
      const [job] = await other.kubectl.list(other.namespace, 'jobs');
      await failureOf(other.run(() => other.movers.runBackupMover(input)));
      const [same] = await other.kubectl.list(other.namespace, 'jobs');
      expect(same?.metadata.uid).toBe(job?.metadata.uid);
      await other.run(() => other.control.cleanUpBackup({ ...step, stopMover: true }));
    } finally {
      await other.close();
    }
  });

  test('a snapshot class that is missing is named within seconds', async () => {
    const step = stepOf({ volumeSnapshotClassName: 'not-there' });
    const plan = await world.run(() => world.control.preflightBackup(step));
    const began = Date.now();
    const failed = await failureOf(world.run(() => world.control.captureVolume({ ...step, plan })));
    expect(failed).toMatchObject({ type: FailureType.VolumeSnapshotFailed, retryable: true });
    expect(failed.message).toContain('not-there');
    expect(Date.now() - began).toBeLessThan(15_000);
    await cleanUp(step, true);
    expect((await objectsLeft()).filter((name) => name.startsWith('VolumeSnapshot'))).toEqual([]);
  });
});

describe('a mover that takes its time', () => {
  beforeAll(async () => {
    await world.createClaim('big-config', 'for i in $(seq 1 3000); do head -c 60000 /dev/urandom > /data/f$i; done');
  });
  const bigStep = () =>
    stepOf({ claim: 'big-config', copyMethod: 'Direct', secretName: 'app-volsync-secret', parallelism: 1 });
  const start = async (step: BackupStep) => {
    const plan = await world.run(() => world.control.preflightBackup(step));
    const input = { ...step, plan, capture: { dataClaim: 'big-config' } };
    return { input, ...world.start(() => world.movers.runBackupMover(input)) };
  };
  const running = () =>
    until('the mover runs', 30, async () => {
      const { pods } = await mover();
      return pods.find(({ status }) => status?.phase === 'Running');
    });

  test('is evicted when its pod is deleted, and started anew by the next attempt', async () => {
    const step = bigStep();
    const { result, input } = await start(step);
    const pod = await running();
    await world.kubectl.run('delete', 'pod', pod.metadata.name, '-n', world.namespace, '--wait=false');
    const failed = await failureOf(result);
    expect(failed, failed.message).toMatchObject({ type: FailureType.Evicted, retryable: true });
    const again = await world.run(() => world.movers.runBackupMover(input));
    expect(again).toMatchObject({ files: 3000, unreadable: 0 });
    expect(again.incomplete).toBeUndefined();
    await cleanUp(step);
  });

  test('is let go on when the activity is cancelled, and stopped by the clean-up', async () => {
    await world.script('big-config', 'for i in $(seq 1 3000); do head -c 60000 /dev/urandom > /data/f$i; done');
    const step = bigStep();
    const { result, cancel } = await start(step);
    await running();
    const began = Date.now();
    cancel();
    await expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - began).toBeLessThan(3_000);
    await cleanUp(step, true);
    expect((await mover()).pods).toEqual([]);
  });
});

test('a full repository is named and its mover stopped within 30 s', async () => {
  const full = await createRealWorld({
    platform: inject('platform'),
    stowageImage: inject('stowageImage'),
    name: 'act-full',
    repositorySize: '48Mi',
  });
  try {
    await full.createClaim('app-config', 'head -c 120000000 /dev/urandom > /data/noise');
    const request = resolveBackup({ namespace: full.namespace, claim: 'app-config', copyMethod: 'Direct' });
    const step = { run: newRun(), request };
    const plan = await full.run(() => full.control.preflightBackup(step));
    const began = Date.now();
    const failed = await failureOf(
      full.run(() => full.movers.runBackupMover({ ...step, plan, capture: { dataClaim: 'app-config' } })),
    );
    expect(failed).toMatchObject({ type: FailureType.RepositoryFull, retryable: false });
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await full.kubectl.list(full.namespace, 'jobs')).toEqual([]);
  } finally {
    await full.close();
  }
});

test('a declared backup shows on its source as kubectl shows it: status, and an event for each step', async () => {
  const name = 'app-src';
  const spec = { sourcePVC: 'app-config', trigger: { manual: 'now' }, kopia: { repository: 'app-volsync-secret' } };
  const metadata = { namespace: world.namespace, name };
  await world.kubectl.apply({ apiVersion: DECLARED_API_VERSION, kind: 'ReplicationSource', metadata, spec });
  const step = stepOf({ declared: true, manual: 'now' });
  const status = async () => (await world.cluster.get('ReplicationSource', metadata))?.status;
  const plan = await world.run(() => world.control.preflightBackup(step));
  expect(await status()).toEqual({ lastSyncStartTime: expect.stringMatching(/Z$/) });
  const capture = await world.run(() => world.control.captureVolume({ ...step, plan }));
  const { snapshotId } = await world.run(() => world.movers.runBackupMover({ ...step, plan, capture }));
  const finishedAt = new Date().toISOString();
  const record = { outcome: 'Succeeded', ...step.run, finishedAt, snapshotId, durationSeconds: 1.5 } as const;
  await world.run(() => world.control.recordBackup({ ...step, record }));
  await cleanUp(step);
  expect(await status()).toEqual({
    lastSyncTime: `${finishedAt.slice(0, 19)}Z`,
    lastSyncDuration: '1.5s',
    lastManualSync: 'now',
    latestMoverStatus: { result: 'Successful', logs: expect.stringContaining(snapshotId) },
  });
  const described = await world.kubectl.run('describe', 'replicationsource', name, '-n', world.namespace);
  const reasons = ['VolumeSnapshotCreated', 'PersistentVolumeClaimCreated', 'TransferStarted', 'BackupSucceeded'];
  for (const reason of reasons) expect(described.split('Events:')[1]).toContain(reason);
});
