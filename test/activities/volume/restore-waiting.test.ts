import { afterEach, describe, expect, test } from 'vitest';
import { FailureType } from '../../../workflows/failures.ts';
import { planEmptyVolume, planRestore } from '../../../workflows/restore/plan.ts';
import { failureOf, NAMESPACE, OWN_RUN, restoreStep, snapshot, UNIQUE_ID } from '../small-world.ts';
import { crashAfterWrite } from './crashing-cluster.ts';
import { createRestoreWorld, POPULATED, type RestoreWorld, STAGING, TARGET } from './restore-world.ts';

let w: RestoreWorld;
afterEach(() => w?.cluster.verifyControllers());

const emptyPlan = planEmptyVolume(
  {
    ...{ claimExists: false, handedOverByThisRun: false, privileged: false },
    ...{ repositoryUniqueId: UNIQUE_ID, repository: { kind: 'Volume', claim: 'kopia', path: '/repository' } },
  },
  { capacity: '3Gi', storageClassName: 'waits', accessModes: ['ReadWriteOnce'] },
);

describe('a claim that waits for its volume', () => {
  const waitingClaim = async (spec: object, annotations: Record<string, string> = {}) => {
    w = await createRestoreWorld();
    await w.claim('app-config', { dataSourceRef: POPULATED, ...spec }, annotations);
    return () => w.run(() => w.activities.preflightRestore(restoreStep()));
  };

  test('decides size, class, modes and node, whatever request and snapshot say', async () => {
    const preflight = await waitingClaim(
      { accessModes: ['ReadWriteMany'], storageClassName: 'waits', resources: { requests: { storage: '3Gi' } } },
      { 'volume.kubernetes.io/selected-node': 'node-7' },
    );
    const found = await preflight();
    const request = restoreStep({ capacity: '1Gi', storageClassName: 'slow', accessModes: ['ReadOnlyMany'] }).request;
    const tags = { 'stowage-capacity': '2Gi', 'stowage-storage-class': 'old' };
    expect(planRestore(request, found, { ...snapshot, tags })).toEqual({
      snapshot: { ...snapshot, tags },
      repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
      ...{ capacity: '3Gi', storageClassName: 'waits', accessModes: ['ReadWriteMany'], nodeName: 'node-7' },
      ...{ privileged: false, repositoryUniqueId: UNIQUE_ID },
    });
  });

  test('without a class gets the default class, never the one that the snapshot remembers', async () => {
    const found = await (await waitingClaim({ storageClassName: undefined }))();
    const tags = { 'stowage-storage-class': 'old' };
    expect(planRestore(restoreStep().request, found, { ...snapshot, tags })).not.toHaveProperty('storageClassName');
  });

  test.each([
    ['spec.volumeMode', { volumeMode: 'Block' }],
    ['spec.storageClassName', { storageClassName: '' }],
  ])('that no restore can fill is refused by its field: %s', async (field, spec) => {
    const failed = await failureOf((await waitingClaim(spec))());
    expect(failed).toMatchObject({ type: FailureType.InvalidSpec, retryable: false });
    expect(failed.message).toContain(`claim ${NAMESPACE}/app-config: ${field}`);
  });
});

describe('an empty first deployment of a claim that waits', () => {
  test('goes on after a crash behind each of its writes, and names no snapshot', async () => {
    for (let n = 1; ; n++) {
      w = await createRestoreWorld();
      const volumeName = await w.staged(OWN_RUN, emptyPlan);
      await w.claim('app-config', { dataSourceRef: POPULATED });
      const input = { ...restoreStep({ whenNoSnapshot: 'Empty' }), plan: emptyPlan };
      const crashed = await w
        .run(() => w.activitiesOn(crashAfterWrite(w.cluster, n)).handOver(input))
        .then(
          () => false,
          () => true,
        );
      await w.run(() => w.activities.handOver(input), 2);
      const target = await w.cluster.get('PersistentVolumeClaim', TARGET);
      expect(target?.spec?.volumeName).toBe(volumeName);
      expect(target?.metadata?.annotations).toMatchObject({ 'stowage.dev/restored-by-run': OWN_RUN.runId });
      expect(target?.metadata?.annotations).not.toHaveProperty('stowage.dev/restored-from-snapshot');
      expect(await w.cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
      expect(await w.cluster.list('Job', { namespace: NAMESPACE })).toEqual([]);
      const volume = await w.cluster.get('PersistentVolume', { name: volumeName });
      expect(volume?.metadata?.annotations).toEqual({});
      if (!crashed) return expect(n).toBeGreaterThan(5);
    }
  });
});
