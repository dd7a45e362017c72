import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type BackupRequest, resolveBackup } from '../../../api/backup-request.ts';
import { resolveRestore } from '../../../api/restore-request.ts';
import type { RestorePlan } from '../../../workflows/restore/contract.ts';
import '../../provided.ts';
import type { ListedObject } from '../../system/kubectl.ts';
import { until } from '../../system/until.ts';
import { createRealWorld, newRun, type RealWorld } from '../real-world.ts';

let world: RealWorld;
let declared: Partial<BackupRequest>;

beforeAll(async () => {
  const { cacheStorageClass } = inject('platform');
  world = await createRealWorld({
    platform: inject('platform'),
    stowageImage: inject('stowageImage'),
    name: 'declared',
  });
  const { namespace } = world;
  await world.createClaim('app-config', 'echo hello > /data/file');
  await world.createClaim('more', 'echo more > /data/file');
  await world.kubectl.apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'backup', namespace } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'scripts', namespace }, stringData: { run: 'true' } },
  );
  declared = {
    moverServiceAccount: 'backup',
    moverPodLabels: { egress: 'nas' },
    moverResources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '1Gi' } },
    moverAffinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] }],
        },
      },
    },
    moverVolumes: [
      { mountPath: 'scripts', volumeSource: { secret: { secretName: 'scripts' } } },
      { mountPath: 'more', volumeSource: { persistentVolumeClaim: { claimName: 'more', readOnly: true } } },
    ],
    cache: { capacity: '64Mi', storageClassName: cacheStorageClass, metadataLimitMb: 20, contentLimitMb: 20 },
  };
});
afterAll(async () => await world?.close());

const pods = (job: string): Promise<ListedObject[]> =>
  world.kubectl.list(world.namespace, 'pods', '-l', `batch.kubernetes.io/job-name=${job}`);

const expected = {
  metadata: { labels: { egress: 'nas' } },
  spec: {
    serviceAccountName: 'backup',
    automountServiceAccountToken: false,
    containers: [{ resources: { requests: { cpu: '10m' }, limits: { memory: '1Gi' } } }],
  },
};

test('movers run with everything that is declared of their pods, and leave nothing of it', async () => {
  const volume = { namespace: world.namespace, claim: 'app-config', ...declared };
  const step = { run: newRun(), request: resolveBackup({ ...volume, copyMethod: 'Direct' }) };
  const plan = await world.run(() => world.control.preflightBackup(step));
  const capture = { dataClaim: 'app-config' };
  const snapshot = await world.run(() => world.movers.runBackupMover({ ...step, plan, capture }));
  expect(snapshot).toMatchObject({ files: 1, unreadable: 0 });
  expect(await pods('volsync-src-app-src')).toMatchObject([expected]);
  await world.run(() => world.control.cleanUpBackup({ ...step, stopMover: false }));
  await world.kubectl.run('delete', 'pvc', 'app-config', '-n', world.namespace, '--wait', '--timeout=60s');

  const [listed] = JSON.parse(await world.kopia('snapshot', 'list', '--all', '--json'));
  const restorePlan: RestorePlan = {
    snapshot: {
      ...{ id: snapshot.snapshotId, rootObject: listed.rootEntry.obj, startTime: listed.startTime },
      ...{ endTime: listed.endTime, files: 1, directories: snapshot.directories, symlinks: 0, bytes: snapshot.bytes },
      ...{ failedEntries: 0, tags: {}, retentionReasons: [], pins: [] },
    },
    capacity: '256Mi',
    storageClassName: inject('platform').storageClass,
    accessModes: ['ReadWriteOnce'],
    privileged: false,
    repositoryUniqueId: world.uniqueId,
    repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
  };
  const restore = { run: newRun(), request: resolveRestore(volume) };
  const input = { ...restore, plan: restorePlan };
  await world.run(() => world.control.stageRestore(input));
  await expect(world.run(() => world.movers.runRestoreMover(input))).resolves.toMatchObject({ files: 1 });
  const [mover] = await pods('volsync-dst-app-dst');
  expect(mover).toMatchObject(expected);
  const cache = `${mover?.metadata.name}-cache`;
  const claims = async (): Promise<string[]> =>
    (await world.kubectl.list(world.namespace, 'persistentvolumeclaims')).map(({ metadata }) => metadata.name);
  expect(await claims()).toContain(cache);
  await expect(world.run(() => world.movers.checkRestore(input))).resolves.toMatchObject({ mismatches: { count: 0 } });
  await world.run(() => world.control.handOver(input));
  await world.run(() => world.control.cleanUpRestore({ ...restore, handedOver: true }));
  await until('the cache of the restore is gone', 30, async () => !(await claims()).includes(cache));
  expect(await world.script('app-config', 'cat /data/file')).toContain('hello');
});
