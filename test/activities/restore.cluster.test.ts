import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { resolveBackup } from '../../api/backup-request.ts';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { RestorePlan, RestoreStep } from '../../workflows/restore/contract.ts';
import '../provided.ts';
import { createRealWorld, newRun, type RealWorld } from './real-world.ts';
import { failureOf } from './small-world.ts';

const FILL = `mkdir -p /data/a/b /data/empty; for i in $(seq 1 30); do echo "file $i" > "/data/a/f $i"; done
ln -s "a/f 1" /data/link; head -c 2000000 /dev/urandom > /data/a/b/noise; chmod 640 "/data/a/f 2"; chmod 750 /data/a/b`;
const TREE =
  'cd /data; find . -mindepth 1 | sort | while read -r f; do stat -c "%n %F %a %u %g %s %Y" "$f"; done; find . -type f -exec md5sum {} + | sort';

describe.each([
  ['an unprivileged namespace', false],
  ['a namespace that allows privileged movers', true],
])('a restore on the real cluster, in %s', (_name, privileged) => {
  let world: RealWorld;
  let snapshot: SnapshotSummary;
  let before: string;

  beforeAll(async () => {
    const name = privileged ? 'act-rst-root' : 'act-restore';
    world = await createRealWorld({
      platform: inject('platform'),
      stowageImage: inject('stowageImage'),
      name,
      privileged,
    });
    const owners = privileged ? '; chown 1234:567 "/data/a/f 3"; chmod 4755 "/data/a/f 3"; chmod 2770 /data/empty' : '';
    await world.createClaim('app-config', `${FILL}${owners}`);
    before = await world.script('app-config', TREE);
    snapshot = await backUp(world);
    await world.kubectl.run('delete', 'pvc', 'app-config', '-n', world.namespace, '--wait', '--timeout=60s');
  });
  afterAll(async () => await world?.close());

  const stepOf = (request: Partial<RestoreRequest> = {}, run: RunReference = newRun()): RestoreStep => ({
    run,
    request: resolveRestore({ namespace: world.namespace, claim: 'app-config', contentSampleEvery: 1, ...request }),
  });
  const planOf = (changes: Partial<RestorePlan> = {}): RestorePlan => ({
    snapshot,
    capacity: '256Mi',
    storageClassName: inject('platform').storageClass,
    accessModes: ['ReadWriteOnce'],
    privileged,
    repositoryUniqueId: world.uniqueId,
    repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
    ...changes,
  });
  const left = async (): Promise<string[]> => {
    const found = await world.kubectl.list(world.namespace, 'jobs,pods,persistentvolumeclaims');
    return found.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
  };

  test('comes back as it was, checked, handed over, with nothing left', async () => {
    const step = stepOf();
    const input = { ...step, plan: planOf() };
    const found = await world.run(() => world.control.preflightRestore(step));
    expect(found).toMatchObject({ claimExists: false, privileged, repositoryUniqueId: world.uniqueId });
    await world.run(() => world.control.stageRestore(input));
    const moved = await world.run(() => world.movers.runRestoreMover(input));
    expect(moved).toMatchObject({ files: snapshot.files, symlinks: 1 });
    const comparison = await world.run(() => world.movers.checkRestore(input));
    expect(comparison).toMatchObject({
      filesFound: snapshot.files,
      bytesFound: snapshot.bytes,
      contentsCompared: snapshot.files,
      mismatches: { count: 0 },
    });
    const handed = await world.run(() => world.control.handOver(input));
    const { removed } = await world.run(() => world.control.cleanUpRestore({ ...step, handedOver: true }));
    expect(removed).toEqual([]);
    expect(await left()).toEqual(['PersistentVolumeClaim/app-config', 'PersistentVolumeClaim/kopia']);
    const claim = await world.cluster.get('PersistentVolumeClaim', { namespace: world.namespace, name: 'app-config' });
    expect(claim?.metadata?.uid).toBe(handed.claimUid);
    expect(claim?.metadata?.annotations).toMatchObject({
      'stowage.dev/restored-from-snapshot': snapshot.id,
      'stowage.dev/restored-by-run': step.run.runId,
    });
    const volume = await world.cluster.get('PersistentVolume', { name: handed.volumeName });
    expect(volume?.spec?.persistentVolumeReclaimPolicy).toBe('Delete');
    expect(volume?.metadata?.labels?.['stowage.dev/handover']).toBeUndefined();
    if (privileged) expect(comparison).toMatchObject({ owners: { count: 0 } });
    expect(await world.script('app-config', TREE)).toBe(before);
    await world.run(() =>
      world.control.recordRestore({
        ...step,
        result: {
          outcome: 'Restored',
          message: 'back',
          finishedAt: new Date().toISOString(),
          durationSeconds: 1,
          snapshotId: snapshot.id,
        },
      }),
    );
    expect(await world.kubectl.run('describe', 'pvc', 'app-config', '-n', world.namespace)).toContain('Restored');
  });

  test('does nothing to a claim that exists', async () => {
    const step = stepOf();
    await expect(world.run(() => world.control.preflightRestore(step))).resolves.toMatchObject({ claimExists: true });
    const input = { ...step, plan: planOf() };
    await world.run(() => world.control.stageRestore(input));
    await world.run(() => world.movers.runRestoreMover(input));
    const failed = await failureOf(world.run(() => world.control.handOver(input)));
    expect(failed).toMatchObject({ type: FailureType.TargetExists, retryable: false });
    await world.run(() => world.control.cleanUpRestore({ ...step, handedOver: true }));
    expect(await left()).toEqual(['PersistentVolumeClaim/app-config', 'PersistentVolumeClaim/kopia']);
    expect(await world.script('app-config', TREE)).toBe(before);
  });

  test.skipIf(privileged)('fills a declared claim that waits for its restore', async () => {
    const dataSourceRef = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'other-dst' };
    await world.kubectl.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace: world.namespace, name: 'other-config', labels: { from: 'git' } },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: inject('platform').storageClass,
        resources: { requests: { storage: '256Mi' } },
        dataSourceRef,
      },
    });
    const step = stepOf({ claim: 'other-config', secretName: 'app-volsync-secret' });
    const input = { ...step, plan: planOf() };
    await expect(world.run(() => world.control.preflightRestore(step))).resolves.toMatchObject({ claimExists: false });
    await world.run(() => world.control.stageRestore(input));
    await world.run(() => world.movers.runRestoreMover(input));
    await world.run(() => world.control.handOver(input));
    const claim = await world.cluster.get('PersistentVolumeClaim', {
      namespace: world.namespace,
      name: 'other-config',
    });
    expect(claim?.status?.phase).toBe('Bound');
    expect(claim?.metadata?.labels).toEqual({ from: 'git' });
    expect(await world.script('other-config', TREE)).toBe(before);
  });

  test.skipIf(privileged)('a snapshot that does not exist leaves no claim', async () => {
    const step = stepOf({ claim: 'third-config', secretName: 'app-volsync-secret' });
    const plan = planOf({ snapshot: { ...snapshot, id: '0123456789abcdef0123456789abcdef' } });
    await world.run(() => world.control.stageRestore({ ...step, plan }));
    const failed = await failureOf(world.run(() => world.movers.runRestoreMover({ ...step, plan })));
    expect(failed).toMatchObject({ type: FailureType.SnapshotNotFound, retryable: false });
    await world.run(() => world.control.cleanUpRestore({ ...step, handedOver: false }));
    expect((await left()).filter((name) => /third|stowage-check/.test(name))).toEqual([]);
  });
});

/** One backup of the claim, as the repository's worker would list it. */
async function backUp(world: RealWorld): Promise<SnapshotSummary> {
  const { storageClass, cacheStorageClass } = inject('platform');
  const request = resolveBackup({
    namespace: world.namespace,
    claim: 'app-config',
    copyMethod: 'Direct',
    storageClassName: storageClass,
    cache: { capacity: '64Mi', storageClassName: cacheStorageClass },
  });
  const step = { run: newRun(), request };
  const plan = await world.run(() => world.control.preflightBackup(step));
  const capture = { dataClaim: 'app-config' };
  const result = await world.run(() => world.movers.runBackupMover({ ...step, plan, capture }));
  expect(result.unreadable).toBe(0);
  await world.run(() => world.control.cleanUpBackup({ ...step, stopMover: false }));
  await world.kubectl.run('delete', 'pvc', plan.cacheClaim, '-n', world.namespace, '--wait', '--timeout=60s');
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
