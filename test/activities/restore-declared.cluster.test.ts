import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { giveUp, markForHandover, reserve } from '../../activities/volume/handover-volume.ts';
import { resolveBackup } from '../../api/backup-request.ts';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { RestoreStep } from '../../workflows/restore/contract.ts';
import { planEmptyVolume, planRestore } from '../../workflows/restore/plan.ts';
import '../provided.ts';
import { claimManifest, scriptJobManifest } from '../system/objects.ts';
import { createRealWorld, newRun, type RealWorld } from './real-world.ts';

const FILL = `mkdir -p /data/a/b; for i in $(seq 1 30); do echo "file $i" > "/data/a/f $i"; done
ln -s "a/f 1" /data/link; head -c 2000000 /dev/urandom > /data/a/b/noise`;
const TREE =
  'cd /data; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %s %Y" "$f"; done; find . -type f -exec md5sum {} + | sort';
const DECLARED_BY = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'app-dst' };

let world: RealWorld;
let snapshot: SnapshotSummary;
let before: string;

beforeAll(async () => {
  world = await createRealWorld({
    ...{ platform: inject('platform'), stowageImage: inject('stowageImage'), name: 'act-declared' },
  });
  await world.createClaim('app-config', FILL);
  before = await world.script('app-config', TREE);
  snapshot = await backUp();
});
afterAll(async () => await world?.close());

const stepOf = (request: Partial<RestoreRequest>): RestoreStep => ({
  run: newRun(),
  request: resolveRestore({
    ...{ namespace: world.namespace, claim: 'app-config', destination: 'app-dst', secretName: 'app-volsync-secret' },
    ...{ contentSampleEvery: 1, ...request },
  }),
});

const waitingClaim = (name: string, storageClassName: string, storage = '256Mi') => {
  const manifest = claimManifest(world.namespace, name, storageClassName, storage);
  return { ...manifest, spec: { ...(manifest.spec as object), dataSourceRef: DECLARED_BY } };
};

/** The application: applied together with its claim, it waits until there is a volume, and prints what it finds. */
const application = (claim: string) =>
  scriptJobManifest(world.namespace, `app-${claim}`, inject('platform').images.app, claim, TREE);

async function applicationLog(claim: string): Promise<string> {
  const job = `job/app-${claim}`;
  await world.kubectl.run('wait', job, '-n', world.namespace, '--for=condition=Complete', '--timeout=60s');
  return await world.kubectl.run('logs', job, '-n', world.namespace);
}

/** From preflight to the volume behind the staging claim, compared. */
async function fill(step: RestoreStep) {
  const found = await world.run(() => world.control.preflightRestore(step));
  const input = { ...step, plan: planRestore(step.request, found, snapshot) };
  await world.run(() => world.control.stageRestore(input));
  await world.run(() => world.movers.runRestoreMover(input));
  const comparison = await world.run(() => world.movers.checkRestore(input));
  expect(comparison.mismatches.count).toBe(0);
  return input;
}

const left = async (): Promise<string[]> => {
  const found = await world.kubectl.list(world.namespace, 'jobs,persistentvolumeclaims');
  return found.map(({ metadata }) => metadata.name).filter((name) => /staging|volsync-dst|stowage-check/.test(name));
};

describe('a claim that names the destination as its data source', () => {
  test.each([
    ['a class that binds at once', 'storageClass', 'first'],
    ['a class that waits for the first pod', 'cacheStorageClass', 'second'],
  ] as const)('is filled while its application waits: %s', async (_name, cls, claim) => {
    const storageClassName = inject('platform')[cls];
    await world.kubectl.apply(waitingClaim(claim, storageClassName, '300Mi'), application(claim));
    if (cls === 'cacheStorageClass') {
      const chosen = 'jsonpath={.metadata.annotations.volume\\.kubernetes\\.io/selected-node}';
      await world.kubectl.run('wait', `pvc/${claim}`, '-n', world.namespace, `--for=${chosen}`, '--timeout=60s');
    }
    const step = stepOf({ claim, capacity: '64Mi', storageClassName: 'no-such-class' });
    const input = await fill(step);
    expect(input.plan).toMatchObject({ capacity: '300Mi', storageClassName, accessModes: ['ReadWriteOnce'] });
    if (cls === 'cacheStorageClass') expect(input.plan.nodeName).toBe(inject('platform').nodeName);
    await world.run(() => world.control.handOver(input));
    await world.run(() => world.control.cleanUpRestore({ ...step, handedOver: true }));
    expect(await applicationLog(claim)).toBe(before);
    expect(await left()).toEqual([]);
  });

  test.each([
    ['at once', 'storageClass', 'third'],
    ['with the first pod', 'cacheStorageClass', 'fourth'],
  ] as const)('gets an empty volume on a first deployment, from a class that binds %s', async (_name, cls, claim) => {
    await world.kubectl.apply(waitingClaim(claim, inject('platform')[cls]), application(claim));
    const step = stepOf({ claim, whenNoSnapshot: 'Empty' });
    const found = await world.run(() => world.control.preflightRestore(step));
    const input = { ...step, plan: planEmptyVolume(found, found.waiting!) };
    await world.run(() => world.control.stageRestore(input));
    await world.run(() => world.movers.provisionEmptyVolume(input));
    const { volumeName } = await world.run(() => world.control.handOver(input));
    await world.run(() => world.control.cleanUpRestore({ ...step, handedOver: true }));
    expect((await applicationLog(claim)).trim()).toBe('');
    const volume = await world.cluster.get('PersistentVolume', { name: volumeName });
    expect(volume?.spec?.persistentVolumeReclaimPolicy).toBe('Delete');
    expect(volume?.metadata?.annotations).not.toHaveProperty('stowage.dev/restored-by-run');
    expect(await left()).toEqual([]);
  });
});

test('a volume that is reserved for a claim which never came is removed when it is given up', async () => {
  const step = stepOf({ claim: 'never', whenNoSnapshot: 'Empty', storageClassName: inject('platform').storageClass });
  const { storageClass } = inject('platform');
  const found = await world.run(() => world.control.preflightRestore(step));
  const wanted = { capacity: '64Mi', storageClassName: storageClass, accessModes: ['ReadWriteOnce' as const] };
  const input = { ...step, plan: planEmptyVolume(found, wanted) };
  const { stagingClaim } = await world.run(() => world.control.stageRestore(input));
  await world.run(() => world.movers.provisionEmptyVolume(input));
  const staging = await world.cluster.get('PersistentVolumeClaim', { namespace: world.namespace, name: stagingClaim });
  const name = staging!.spec!.volumeName!;
  const read = async () => await world.cluster.get('PersistentVolume', { name });
  await markForHandover(world.cluster, (await read())!, step.run, {});
  await world.kubectl.run('delete', 'job', 'volsync-dst-app-dst', '-n', world.namespace, '--wait');
  await world.kubectl.run('delete', 'pvc', stagingClaim, '-n', world.namespace, '--wait');
  const target = { namespace: world.namespace, name: 'never' };
  expect(await reserve(world.cluster, (await read())!, target, undefined)).toBe(true);
  await world.kubectl.run('wait', `pv/${name}`, '--for=jsonpath={.status.phase}=Available', '--timeout=60s');
  expect(await giveUp(world.cluster, (await read())!)).toBe(true);
  await world.kubectl.run('wait', `pv/${name}`, '--for=delete', '--timeout=60s');
});

describe('a destination that keeps images', () => {
  const images = async (): Promise<string[]> =>
    (await world.kubectl.list(world.namespace, 'volumesnapshots')).map(({ metadata }) => metadata.name).sort();
  const statusOf = async () =>
    (await world.cluster.get('ReplicationDestination', { namespace: world.namespace, name: 'app-dst' }))?.status;

  async function deliver(imageName: string, manual: string): Promise<void> {
    const declared = stepOf({
      ...{ claim: 'stowage-app-dst-staging', declared: true, deliver: 'Image', manual },
      ...{ capacity: '256Mi', storageClassName: inject('platform').storageClass },
    });
    const startedAt = new Date().toISOString();
    const started = await world.run(() => world.control.recordRestoreStart({ ...declared, startedAt }));
    expect((await statusOf())?.lastSyncStartTime).toBe(`${startedAt.slice(0, 19)}Z`);
    const step = { ...declared, ...started };
    await fill(step);
    const { image, replaces } = await world.run(() => world.control.deliverImage({ ...step, imageName }));
    const end = { finishedAt: new Date().toISOString(), durationSeconds: 61.5, message: 'image of app-dst' };
    await world.run(() =>
      world.control.recordRestore({ ...step, result: { ...end, outcome: 'Restored', snapshotId: snapshot.id, image } }),
    );
    await world.run(() =>
      world.control.cleanUpRestore({ ...step, handedOver: false, ...(replaces ? { replaced: replaces } : {}) }),
    );
  }

  test('gets one that a new claim can be made of, and the next one takes its place', async () => {
    await world.kubectl.apply({
      ...{ apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination' },
      metadata: { namespace: world.namespace, name: 'app-dst' },
      spec: { trigger: { manual: 'one' }, kopia: { repository: 'app-volsync-secret', copyMethod: 'Snapshot' } },
    });
    await deliver('volsync-app-dst-dest-20261125100000', 'one');
    expect(await images()).toEqual(['volsync-app-dst-dest-20261125100000']);
    await deliver('volsync-app-dst-dest-20261125110000', 'two');
    const [image, ...others] = await images();
    expect([image, others]).toEqual(['volsync-app-dst-dest-20261125110000', []]);
    const status = await statusOf();
    expect(status).toMatchObject({
      ...{ lastManualSync: 'two', lastSyncDuration: '1m1.5s' },
      latestMoverStatus: { result: 'Successful', logs: 'Restored: image of app-dst' },
      latestImage: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image },
    });
    expect(status?.lastSyncStartTime).toBeUndefined();
    const manifest = claimManifest(world.namespace, 'of-image', inject('platform').storageClass, '256Mi');
    const dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: image };
    await world.kubectl.apply({ ...manifest, spec: { ...(manifest.spec as object), dataSource } });
    expect(await world.script('of-image', TREE)).toBe(before);
    expect(await left()).toEqual([]);
    const told = await world.kubectl.run('describe', 'replicationdestination', 'app-dst', '-n', world.namespace);
    for (const reason of ['PersistentVolumeClaimCreated', 'TransferStarted', 'VolumeSnapshotCreated', 'Restored'])
      expect(told).toContain(reason);
    await world.kubectl.run('delete', 'replicationdestination', 'app-dst', '-n', world.namespace, '--wait');
    await world.kubectl.run('wait', `volumesnapshot/${image}`, '-n', world.namespace, '--for=delete', '--timeout=60s');
  });
});

/** One backup of the application's claim, as the repository's worker would list it. */
async function backUp(): Promise<SnapshotSummary> {
  const request = resolveBackup({
    ...{ namespace: world.namespace, claim: 'app-config', copyMethod: 'Direct' },
    cache: { capacity: '64Mi', storageClassName: inject('platform').cacheStorageClass },
  });
  const step = { run: newRun(), request };
  const plan = await world.run(() => world.control.preflightBackup(step));
  const capture = { dataClaim: 'app-config' };
  const result = await world.run(() => world.movers.runBackupMover({ ...step, plan, capture }));
  await world.run(() => world.control.cleanUpBackup({ ...step, stopMover: false }));
  const listed = JSON.parse(await world.kopia('snapshot', 'list', '--all', '--json')) as {
    id: string;
    startTime: string;
    endTime: string;
    rootEntry: { obj: string };
  }[];
  const { startTime, endTime, rootEntry } = listed.find(({ id }) => id === result.snapshotId)!;
  return {
    ...{ id: result.snapshotId, rootObject: rootEntry.obj, startTime, endTime },
    ...{ files: result.files, directories: result.directories, symlinks: 1, bytes: result.bytes },
    ...{ failedEntries: 0, tags: {}, retentionReasons: [], pins: [] },
  };
}
