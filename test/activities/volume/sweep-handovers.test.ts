import { afterEach, describe, expect, test } from 'vitest';
import { PortError } from '../../../activities/ports/port-error.ts';
import { sweepHandovers } from '../../../activities/volume/sweep-handovers.ts';
import { FaultPlan } from '../../fakes/fault-plan.ts';
import { faultyCluster } from '../../fakes/faulty-cluster.ts';
import { OWN_RUN, restorePlan, restoreStep } from '../small-world.ts';
import { crashAfterWrite } from './crashing-cluster.ts';
import { createRestoreWorld, POPULATED, type RestoreWorld, STAGING, TARGET } from './restore-world.ts';

const INPUT = { ...restoreStep(), plan: restorePlan };
const MARK = 'stowage.dev/handover';

let w: RestoreWorld;
afterEach(() => w?.cluster.verifyControllers());

/** A handover whose run was terminated behind its n-th write. */
async function terminated(n: number, declared: boolean): Promise<string> {
  w = await createRestoreWorld();
  const volumeName = await w.staged();
  if (declared) await w.claim('app-config', { dataSourceRef: POPULATED });
  await w.run(() => w.activitiesOn(crashAfterWrite(w.cluster, n)).handOver(INPUT)).catch(() => undefined);
  await settled();
  return volumeName;
}

/** The cluster's own controllers have done what there was to do. */
const settled = () => w.clock.until(new Promise((resolve) => setTimeout(resolve, 20)));
const sweep = async () => {
  const swept = await sweepHandovers(w.dependencies);
  await settled();
  return swept.map(({ state }) => state);
};
const volumes = () => w.cluster.list('PersistentVolume', {});

describe.each([true, false])('a handover that ended in the middle, the claim declared: %s', (declared) => {
  test('is ended wherever it was: the claim has its data, or the copy is gone; nothing keeps the mark', async () => {
    const ends = new Set<string>();
    for (let n = 1; n <= 9; n++) {
      const volumeName = await terminated(n, declared);
      for (const state of await sweep()) ends.add(state);
      for (const state of await sweep()) ends.add(state);
      const target = await w.cluster.get('PersistentVolumeClaim', TARGET);
      const volume = await w.cluster.get('PersistentVolume', { name: volumeName });
      expect(volume?.metadata?.labels?.[MARK]).toBeUndefined();
      expect(volume?.spec?.persistentVolumeReclaimPolicy ?? 'Delete').toBe('Delete');
      if (target?.status?.phase === 'Bound') {
        expect(volume?.spec?.claimRef?.uid).toBe(target.metadata?.uid);
        expect(target.metadata?.annotations?.['stowage.dev/restored-from-snapshot']).toBe(restorePlan.snapshot.id);
      } else if (volume) {
        expect(volume.spec?.claimRef?.name).toBe(STAGING.name);
      }
    }
    expect([...ends].sort()).toEqual(['Abandoned', 'Arrived', 'Staged']);
  });

  test('is left alone while its run is open, and by a run that can not be told', async () => {
    await terminated(3, declared);
    const before = await volumes();
    w.runs.add(OWN_RUN);
    expect(await sweep()).toEqual([]);
    w.runs.open.clear();
    const [volume] = await w.cluster.list('PersistentVolume', { labels: MARK });
    const annotations = { 'stowage.dev/run-id': null };
    await w.cluster.patch('PersistentVolume', { name: volume!.metadata!.name! }, { metadata: { annotations } });
    expect(await sweep()).toEqual([]);
    expect((await volumes()).length).toBe(before.length);
  });
});

test('a volume that keeps its data by its own policy stays, reserved for nobody who comes later', async () => {
  w = await createRestoreWorld();
  const name = await w.staged();
  await w.cluster.patch('PersistentVolume', { name }, { spec: { persistentVolumeReclaimPolicy: 'Retain' } });
  await w.run(() => w.activitiesOn(crashAfterWrite(w.cluster, 5)).handOver(INPUT)).catch(() => undefined);
  expect(await w.cluster.get('PersistentVolumeClaim', TARGET)).toBeUndefined();
  expect(await sweep()).toEqual(['Abandoned']);
  const volume = await w.cluster.get('PersistentVolume', { name });
  expect(volume?.spec?.persistentVolumeReclaimPolicy).toBe('Retain');
  const made = await w.claim('app-config');
  await settled();
  const target = await w.cluster.get('PersistentVolumeClaim', TARGET);
  expect(target?.metadata?.uid).toBe(made?.metadata?.uid);
  expect(target?.spec?.volumeName).not.toBe(name);
});

test('one that can not be ended keeps no other waiting, and is ended by the next sweep', async () => {
  w = await createRestoreWorld();
  for (const name of ['first', 'second']) {
    const annotations = { 'stowage.dev/run-id': name, 'stowage.dev/workflow-id': 'restore/demo/x' };
    await w.cluster.create('PersistentVolume', { metadata: { name, labels: { [MARK]: name }, annotations }, spec: {} });
  }
  const error = new PortError('Forbidden', 'may not patch persistentvolumes');
  const cluster = faultyCluster(w.cluster, new FaultPlan().add({ method: 'patch', name: 'first', error }));
  const swept = await sweepHandovers({ ...w.dependencies, cluster });
  expect(swept).toEqual([{ volume: 'second', state: 'Abandoned' }]);
  expect(await sweepHandovers(w.dependencies)).toEqual([{ volume: 'first', state: 'Abandoned' }]);
});
