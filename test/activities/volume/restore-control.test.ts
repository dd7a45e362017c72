import { afterEach, describe, expect, test } from 'vitest';
import { backupWorkflowId } from '../../../workflows/backup/contract.ts';
import { FailureType } from '../../../workflows/failures.ts';
import type { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { failureOf, NAMESPACE, OWN_RUN, restorePlan, restoreStep, runOf, UNIQUE_ID } from '../small-world.ts';
import { crashAfterWrite } from './crashing-cluster.ts';
import { createRestoreWorld, POPULATED, type RestoreWorld, STAGING, TARGET } from './restore-world.ts';

const INPUT = { ...restoreStep({ labels: { team: 'a' } }), plan: restorePlan };

let cluster: InMemoryCluster;
let claim: RestoreWorld['claim'];
afterEach(() => cluster?.verifyControllers());

async function world(): Promise<RestoreWorld> {
  const made = await createRestoreWorld();
  ({ cluster, claim } = made);
  return made;
}

async function expectHandedOver(volumeName: string): Promise<void> {
  const target = await cluster.get('PersistentVolumeClaim', TARGET);
  expect(target?.status?.phase).toBe('Bound');
  expect(target?.spec?.volumeName).toBe(volumeName);
  expect(target?.metadata?.annotations).toMatchObject({
    'stowage.dev/restored-from-snapshot': restorePlan.snapshot.id,
    'stowage.dev/restored-by-run': OWN_RUN.runId,
  });
  const volume = await cluster.get('PersistentVolume', { name: volumeName });
  expect(volume?.spec?.persistentVolumeReclaimPolicy).toBe('Delete');
  expect(volume?.metadata?.labels?.['stowage.dev/handover']).toBeUndefined();
  expect(await cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
  expect(await cluster.list('Job', { namespace: NAMESPACE })).toEqual([]);
}

describe('preflight of a restore', () => {
  test('a claim that exists ends the run, whatever is wrong with the rest', async () => {
    const { activities, run } = await world();
    await claim('app-config');
    await cluster.delete('Secret', { ...TARGET, name: 'app-volsync-secret' });
    await expect(run(() => activities.preflightRestore(restoreStep()))).resolves.toMatchObject({
      claimExists: true,
      handedOverByThisRun: false,
    });
  });

  test('a missing claim, or a declared one that waits for its volume, is to be restored', async () => {
    const { activities, run } = await world();
    const missing = { claimExists: false, repositoryUniqueId: UNIQUE_ID };
    await expect(run(() => activities.preflightRestore(restoreStep()))).resolves.toMatchObject(missing);
    await claim('app-config', { dataSourceRef: POPULATED });
    await expect(run(() => activities.preflightRestore(restoreStep()))).resolves.toMatchObject(missing);
  });

  test('waits for a claim that is being deleted, and for a backup that is under way', async () => {
    const { activities, run, runs } = await world();
    await claim('app-config');
    await cluster.patch('PersistentVolumeClaim', TARGET, {
      metadata: { finalizers: ['example.com/in-use'] },
    });
    await cluster.delete('PersistentVolumeClaim', TARGET);
    const preflight = () => run(() => activities.preflightRestore(restoreStep()));
    expect(await failureOf(preflight())).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
    await cluster.patch('PersistentVolumeClaim', TARGET, { metadata: { finalizers: null } });
    runs.add({ workflowId: backupWorkflowId(NAMESPACE, 'app-src'), runId: 'b' });
    expect(await failureOf(preflight())).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
  });

  test('waits for a scheduled backup that began earlier; one that began later waits for it', async () => {
    const { activities, run, runs } = await world();
    const preflight = () => run(() => activities.preflightRestore(restoreStep()));
    const own = { ...OWN_RUN, kind: 'Restore', startedAt: 2000 } as const;
    const scheduled = { workflowId: 'backup/demo/app-src-2026-11-23T10:00:00Z', runId: 's', kind: 'Backup' } as const;
    runs.onClaim = [own, { ...scheduled, startedAt: 1000 }];
    const busy = await failureOf(preflight());
    expect(busy).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
    expect(busy.message).toContain(scheduled.workflowId);
    runs.onClaim = [own, { ...scheduled, startedAt: 3000 }];
    await expect(preflight()).resolves.toMatchObject({ claimExists: false });
  });
});

describe('staging', () => {
  test('is found again by its own run', async () => {
    const { activities, run } = await world();
    const stage = () => run(() => activities.stageRestore({ ...restoreStep(), plan: restorePlan }));
    await expect(stage()).resolves.toEqual({ stagingClaim: STAGING.name });
    const first = await cluster.get('PersistentVolumeClaim', STAGING);
    await stage();
    expect((await cluster.get('PersistentVolumeClaim', STAGING))?.metadata?.uid).toBe(first?.metadata?.uid);
  });

  test('begins afresh where a closed run left a claim and the Jobs that hold it', async () => {
    const w = await world();
    await w.staged(runOf('older'));
    await w.run(() => w.activities.stageRestore({ ...restoreStep(), plan: restorePlan }));
    const claimNow = await cluster.get('PersistentVolumeClaim', STAGING);
    expect(claimNow?.metadata?.labels?.['stowage.dev/run']).toBe(OWN_RUN.runId);
    expect(await cluster.list('Job', { namespace: NAMESPACE })).toEqual([]);
  });

  test('never removes a claim of that name that is not ours', async () => {
    const { activities, run } = await world();
    await claim(STAGING.name);
    const failed = await failureOf(run(() => activities.stageRestore({ ...restoreStep(), plan: restorePlan })));
    expect(failed).toMatchObject({ type: FailureType.VolumeBusy, retryable: false });
    expect(await cluster.get('PersistentVolumeClaim', STAGING)).toBeDefined();
  });
});

describe('handover', () => {
  test('gives the staged volume its final name, with provenance and the labels that were asked for', async () => {
    const w = await world();
    const volumeName = await w.staged();
    const result = await w.run(() => w.activities.handOver(INPUT));
    expect(result.volumeName).toBe(volumeName);
    await expectHandedOver(volumeName);
    const target = await cluster.get('PersistentVolumeClaim', TARGET);
    expect(target?.metadata?.labels).toEqual({ team: 'a' });
    expect(target?.metadata?.uid).toBe(result.claimUid);
  });

  test.each(['made afterwards', 'declared before'])(
    'goes on after a crash behind each of its writes: claim %s',
    async (how) => {
      for (let n = 1; ; n++) {
        const w = await world();
        const volumeName = await w.staged();
        if (how === 'declared before') await claim('app-config', { dataSourceRef: POPULATED });
        let crashed = true;
        await w
          .run(() => w.activitiesOn(crashAfterWrite(cluster, n)).handOver(INPUT))
          .then(
            () => {
              crashed = false;
            },
            () => undefined,
          );
        await w.run(() => w.activities.handOver(INPUT), 2);
        await expectHandedOver(volumeName);
        if (!crashed) {
          expect(n).toBeGreaterThan(6);
          return;
        }
      }
    },
  );

  test('keeps the data when the claim is deleted in the middle, and gives it to the next one', async () => {
    const w = await world();
    const volumeName = await w.staged();
    // Behind the creation of the claim, before it is seen bound.
    await w.run(() => w.activitiesOn(crashAfterWrite(cluster, 6)).handOver(INPUT)).catch(() => undefined);
    expect(await cluster.get('PersistentVolumeClaim', TARGET)).toBeDefined();
    await cluster.delete('PersistentVolumeClaim', TARGET);
    await w.run(() => w.activities.handOver(INPUT), 2);
    await expectHandedOver(volumeName);
  });

  test('hands nothing over when somebody made the claim meanwhile', async () => {
    const w = await world();
    await w.staged();
    const made = await claim('app-config');
    const failed = await failureOf(w.run(() => w.activities.handOver(INPUT)));
    expect(failed).toMatchObject({ type: FailureType.TargetExists, retryable: false });
    const now = await cluster.get('PersistentVolumeClaim', TARGET);
    expect(now?.metadata?.uid).toBe(made?.metadata?.uid);
    expect(now?.metadata?.annotations?.['stowage.dev/restored-by-run']).toBeUndefined();
    await w.run(() => w.activities.cleanUpRestore({ ...restoreStep(), handedOver: true }));
    expect(await cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
    expect(cluster.store.list('PersistentVolume').filter(({ spec }) => claimOf(spec) === STAGING.name)).toEqual([]);
  });

  test('leaves no volume behind when the claim appears in the middle', async () => {
    const w = await world();
    const volumeName = await w.staged();
    await w.run(() => w.activitiesOn(crashAfterWrite(cluster, 4)).handOver(INPUT)).catch(() => undefined);
    await claim('app-config');
    const failed = await failureOf(w.run(() => w.activities.handOver(INPUT), 2));
    expect(failed.type).toBe(FailureType.TargetExists);
    await w.run(() => w.activities.cleanUpRestore({ ...restoreStep(), handedOver: true }));
    const volume = await cluster.get('PersistentVolume', { name: volumeName });
    expect(volume?.spec?.persistentVolumeReclaimPolicy ?? 'Delete').toBe('Delete');
    expect(volume?.metadata?.labels?.['stowage.dev/handover']).toBeUndefined();
  });
});

describe('the end of a restore', () => {
  test('an unfinished one leaves neither Jobs nor staging claim', async () => {
    const w = await world();
    await w.staged();
    const { removed } = await w.run(() => w.activities.cleanUpRestore({ ...restoreStep(), handedOver: false }));
    expect([...removed].sort()).toEqual([
      'Job demo/stowage-check-app-dst',
      'Job demo/volsync-dst-app-dst',
      'PersistentVolumeClaim demo/stowage-app-dst-staging',
    ]);
    expect(await cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
  });

  test('a finished one is left as it is', async () => {
    const w = await world();
    const volumeName = await w.staged();
    await w.run(() => w.activities.handOver(INPUT));
    await expect(w.run(() => w.activities.cleanUpRestore({ ...restoreStep(), handedOver: true }))).resolves.toEqual({
      removed: [],
    });
    await expectHandedOver(volumeName);
  });

  test('a first deployment gets an empty claim once, and an existing one is never taken', async () => {
    const w = await world();
    const create = () => w.run(() => w.activities.createEmptyClaim({ ...restoreStep(), capacity: '1Gi' }));
    const first = await create();
    await expect(create()).resolves.toMatchObject({ claimUid: first.claimUid });
    const other = restoreStep({}, runOf('other'));
    const failed = await failureOf(w.run(() => w.activities.createEmptyClaim({ ...other, capacity: '1Gi' })));
    expect(failed).toMatchObject({ type: FailureType.TargetExists, retryable: false });
  });
});

const claimOf = (spec: unknown): string | undefined => (spec as { claimRef?: { name: string } }).claimRef?.name;
