import { beforeEach, describe, expect, test } from 'vitest';
import { FailureType } from '../../../workflows/failures.ts';
import type { RestoreStep, VolumeInput } from '../../../workflows/restore/contract.ts';
import { failureOf, restorePlan } from '../small-world.ts';
import { crashAfterWrite } from './crashing-cluster.ts';
import { createRestoreWorld, DESTINATION, type RestoreWorld, STAGING, TARGET } from './restore-world.ts';

let w: RestoreWorld;
let step: RestoreStep;
let volumeName: string;
let input: VolumeInput;
beforeEach(async () => {
  w = await createRestoreWorld();
  step = await w.declare();
  volumeName = await w.staged();
  input = { ...step, plan: restorePlan };
});

const removeDestination = () => w.cluster.delete('ReplicationDestination', DESTINATION);
const target = () => w.cluster.get('PersistentVolumeClaim', TARGET);

/** Nothing of the run is left, and nobody has its volume. */
async function expectNothingHandedOver(): Promise<void> {
  await w.run(() => w.activities.cleanUpRestore({ ...step, handedOver: true }));
  expect(await target()).toBeUndefined();
  expect(await w.cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
  const volume = await w.cluster.get('PersistentVolume', { name: volumeName });
  expect(volume?.spec?.persistentVolumeReclaimPolicy ?? 'Delete').toBe('Delete');
  expect(volume?.metadata?.labels?.['stowage.dev/handover']).toBeUndefined();
}

describe('a restore whose destination went while no watch was there', () => {
  test('hands nothing over', async () => {
    await removeDestination();
    const failed = await failureOf(w.run(() => w.activities.handOver(input)));
    expect(failed).toMatchObject({ type: FailureType.DestinationGone, retryable: false });
    expect(failed.message).toContain('ReplicationDestination demo/app-dst is gone');
    // Seen before anything was marked or removed.
    expect((await w.cluster.get('PersistentVolumeClaim', STAGING))?.spec?.volumeName).toBe(volumeName);
    await expectNothingHandedOver();
  });

  test('hands nothing over to one that was made under the same name since then', async () => {
    await removeDestination();
    const { destinationUid } = await w.declare();
    expect(destinationUid).not.toBe(step.destinationUid);
    const failed = await failureOf(w.run(() => w.activities.handOver(input)));
    expect(failed).toMatchObject({ type: FailureType.DestinationGone });
    expect(failed.message).toContain('was replaced');
    await expectNothingHandedOver();
  });

  test('hands nothing over when it goes in the middle of the handover, before the claim is made', async () => {
    await w.run(() => w.activitiesOn(crashAfterWrite(w.cluster, 4)).handOver(input)).catch(() => undefined);
    await removeDestination();
    const failed = await failureOf(w.run(() => w.activities.handOver(input), 2));
    expect(failed.type).toBe(FailureType.DestinationGone);
    await expectNothingHandedOver();
  });

  test('makes no empty claim either', async () => {
    await removeDestination();
    const failed = await failureOf(w.run(() => w.activities.createEmptyClaim({ ...step, capacity: '1Gi' })));
    expect(failed).toMatchObject({ type: FailureType.DestinationGone, retryable: false });
    expect(await target()).toBeUndefined();
  });
});

test('a handover or an empty claim that was there already is ended well, although its destination went then', async () => {
  const empty = () => w.run(() => w.activities.createEmptyClaim({ ...step, capacity: '1Gi' }));
  const made = await empty();
  await removeDestination();
  await expect(empty()).resolves.toMatchObject({ claimUid: made.claimUid });
});

test('a declared destination that is there gets its claim', async () => {
  await expect(w.run(() => w.activities.handOver(input))).resolves.toMatchObject({ volumeName });
});

test('the end of a run is not told on a destination that took its name', async () => {
  await removeDestination();
  const { destinationUid: other } = await w.declare({ lastManualSync: 'mine' });
  const result = { finishedAt: '2026-11-23T12:00:00Z', durationSeconds: 3, message: 'm', outcome: 'Restored' } as const;
  await w.run(() => w.activities.recordRestore({ ...step, result }));
  expect((await w.cluster.get('ReplicationDestination', DESTINATION))?.status).toEqual({ lastManualSync: 'mine' });
  await w.run(() => w.activities.recordRestore({ ...step, destinationUid: other!, result }));
  expect((await w.cluster.get('ReplicationDestination', DESTINATION))?.status).toMatchObject({
    latestMoverStatus: { result: 'Successful' },
  });
});
