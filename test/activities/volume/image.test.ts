import { afterEach, describe, expect, test } from 'vitest';
import { FailureType } from '../../../workflows/failures.ts';
import type { DeliverImageInput, ImageReference, RestoreRecord } from '../../../workflows/restore/contract.ts';
import { snapshotController } from '../../fakes/snapshot-controller.ts';
import { failureOf, NAMESPACE, OWN_RUN, runOf } from '../small-world.ts';
import { crashAfterWrite } from './crashing-cluster.ts';
import { createRestoreWorld, DESTINATION, type RestoreWorld, STAGING } from './restore-world.ts';

const IMAGE = 'volsync-app-dst-dest-20261125100000';
const FORMER = 'volsync-app-dst-dest-20261124100000';
const imageOf = (name: string): ImageReference => ({
  apiGroup: 'snapshot.storage.k8s.io',
  kind: 'VolumeSnapshot',
  name,
});
const record = (image?: ImageReference): RestoreRecord => ({
  outcome: 'Restored',
  message: 'image of demo/app-dst',
  finishedAt: '2026-11-25T10:00:05Z',
  durationSeconds: 5,
  ...(image ? { image } : {}),
});

let w: RestoreWorld;
afterEach(() => w?.cluster.verifyControllers());

/** A checked staging claim, and a former image that VolSync took. */
async function world(labels: Record<string, string> = {}, controllers = [snapshotController()]) {
  w = await createRestoreWorld(controllers);
  const request = { deliver: 'Image' as const, claim: 'volsync-app-dst-dest', destination: 'app-dst' };
  const step = await w.declare({ latestImage: imageOf(FORMER) }, { ...request, secretName: 'app-volsync-secret' });
  await w.cluster.create('VolumeSnapshot', {
    metadata: {
      namespace: NAMESPACE,
      name: FORMER,
      labels: { 'app.kubernetes.io/created-by': 'volsync', ...labels },
      ownerReferences: [
        {
          apiVersion: 'volsync.backube/v1alpha1',
          kind: 'ReplicationDestination',
          name: 'app-dst',
          uid: step.destinationUid!,
        },
      ],
    },
    spec: { source: { persistentVolumeClaimName: 'gone' } },
  });
  await w.staged();
  const input: DeliverImageInput = { ...step, imageName: IMAGE };
  return { step, input };
}

const images = async (): Promise<(string | undefined)[]> =>
  (await w.cluster.list('VolumeSnapshot', { namespace: NAMESPACE })).map(({ metadata }) => metadata?.name).sort();
const latest = async () => (await w.cluster.get('ReplicationDestination', DESTINATION))?.status?.latestImage?.name;

describe('the image of a destination', () => {
  test('is taken of an unmounted volume, owned by the destination, and the former one stays until it is recorded', async () => {
    const { input } = await world();
    const delivered = await w.run(() => w.activities.deliverImage(input));
    expect(delivered).toEqual({ image: imageOf(IMAGE), replaces: FORMER });
    expect(await w.cluster.list('Job', { namespace: NAMESPACE })).toEqual([]);
    const made = await w.cluster.get('VolumeSnapshot', { namespace: NAMESPACE, name: IMAGE });
    expect(made?.spec.source.persistentVolumeClaimName).toBe(STAGING.name);
    expect(made?.metadata?.ownerReferences).toMatchObject([{ name: 'app-dst', uid: input.destinationUid }]);
    expect(await latest()).toBe(FORMER);
    expect(await images()).toEqual([FORMER, IMAGE]);
  });

  test('goes through a crash behind each write of delivery, record and clean-up: always one latest image that exists', async () => {
    for (const part of ['deliverImage', 'recordRestore', 'cleanUpRestore'] as const) {
      for (let n = 1, crashed = true; crashed; n++) {
        const { step, input } = await world();
        crashed = false;
        const twice = async <T>(name: typeof part, act: (on: typeof w.activities) => Promise<T>): Promise<T> => {
          if (name === part) {
            await w
              .run(() => act(w.activitiesOn(crashAfterWrite(w.cluster, n))))
              .catch(() => {
                crashed = true;
              });
            expect(await images()).toContain(await latest());
          }
          return await w.run(() => act(w.activities), 2);
        };
        const { image, replaces } = await twice('deliverImage', (on) => on.deliverImage(input));
        await twice('recordRestore', (on) => on.recordRestore({ ...step, result: record(image) }));
        await twice('cleanUpRestore', (on) => on.cleanUpRestore({ ...step, handedOver: false, replaced: replaces! }));
        expect(await latest()).toBe(IMAGE);
        expect(await images()).toEqual([IMAGE]);
        expect(await w.cluster.get('PersistentVolumeClaim', STAGING)).toBeUndefined();
      }
    }
  });

  test('that came to no record is removed, and the former one is not touched', async () => {
    const { step, input } = await world();
    const { replaces } = await w.run(() => w.activities.deliverImage(input));
    const { removed } = await w.run(() =>
      w.activities.cleanUpRestore({ ...step, handedOver: false, replaced: replaces! }),
    );
    expect(removed).toContain(`VolumeSnapshot ${NAMESPACE}/${IMAGE}`);
    expect(await images()).toEqual([FORMER]);
    expect(await latest()).toBe(FORMER);
  });

  test('a person marked is let go of instead of removed', async () => {
    const { step, input } = await world({ 'volsync.backube/do-not-delete': 'keep' });
    const { image, replaces } = await w.run(() => w.activities.deliverImage(input));
    await w.run(() => w.activities.recordRestore({ ...step, result: record(image) }));
    await w.run(() => w.activities.cleanUpRestore({ ...step, handedOver: false, replaced: replaces! }));
    const kept = await w.cluster.get('VolumeSnapshot', { namespace: NAMESPACE, name: FORMER });
    expect(kept?.metadata?.labels).toEqual({ 'volsync.backube/do-not-delete': 'keep' });
    expect(kept?.metadata?.ownerReferences).toEqual([]);
  });

  test('left by a run that was terminated goes with the next one; that of an open run and a foreign snapshot stay', async () => {
    const { step, input } = await world();
    const leave = (name: string, run = runOf(name)) =>
      w.run(() => w.activities.deliverImage({ ...input, run, imageName: name }));
    await leave('left');
    w.runs.add(runOf('open'));
    await leave('open');
    await w.cluster.create('VolumeSnapshot', {
      metadata: { namespace: NAMESPACE, name: 'of-a-person' },
      spec: { source: { persistentVolumeClaimName: 'app-config' } },
    });
    await w.run(() => w.activities.cleanUpRestore({ ...step, handedOver: false }));
    expect(await images()).toEqual(['of-a-person', 'open', FORMER].sort());
  });

  test('is not done when the snapshot fails, in the words of its controller', async () => {
    const failing = snapshotController({
      failWith: (name) => (name === IMAGE ? 'the driver takes no snapshots' : undefined),
    });
    const { input } = await world({}, [failing]);
    const failed = await failureOf(w.run(() => w.activities.deliverImage(input)));
    expect(failed).toMatchObject({ type: FailureType.VolumeSnapshotFailed, retryable: true });
    expect(failed.message).toContain('the driver takes no snapshots');
    expect(OWN_RUN).toEqual(input.run);
  });
});
