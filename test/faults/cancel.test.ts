import { CancelledFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { activityPending, activityStarted, objectSeen } from '../system/moments.ts';
import {
  backup,
  claimExists,
  createVolume,
  deleteClaim,
  leftovers,
  startBackup,
  startRestore,
  type Volume,
} from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'cancel', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);
afterEach(() => world.workers.resume('repository'));

async function expectCanceled(handle: WorkflowHandle): Promise<void> {
  const error = await handle.result().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
}

type Moment = (handle: WorkflowHandle, volume: Volume) => Promise<unknown>;

const backupMoments: Readonly<Record<string, Moment>> = {
  OpenRepository: (handle) => activityPending(handle, 'openRepository'),
  Capture: (_handle, volume) => objectSeen(volume, 'volumesnapshots'),
  Mover: (_handle, volume) => objectSeen(volume, 'pods'),
  ReadBack: async (handle, volume) => {
    await objectSeen(volume, 'pods');
    world.workers.freeze('repository');
    await activityStarted(handle, 'readBackSnapshot');
    world.workers.resume('repository');
  },
};

const restoreMoments: Readonly<Record<string, Moment>> = {
  SelectSnapshot: (handle) => activityPending(handle, 'selectSnapshot'),
  Stage: (_handle, volume) => objectSeen(volume, 'pvc', ({ metadata }) => metadata.name.endsWith('-staging')),
  Mover: (_handle, volume) => objectSeen(volume, 'jobs', ({ metadata }) => metadata.name.startsWith('volsync-dst-')),
  Check: (_handle, volume) => objectSeen(volume, 'jobs', ({ metadata }) => metadata.name.startsWith('stowage-check-')),
};

describe('a run that is cancelled', () => {
  it.each(Object.keys(backupMoments))(
    'in %s of a backup stops, and leaves nothing',
    { timeout: 120_000 },
    async (phase) => {
      const volume = await createVolume(world, { app: `b-${phase.toLowerCase()}` });
      if (phase === 'OpenRepository') world.workers.freeze('repository');
      const handle = await startBackup(volume);
      await backupMoments[phase]!(handle, volume);
      await handle.cancel();
      world.workers.resume('repository');
      await expectCanceled(handle);
      expect(await leftovers(volume)).toEqual([]);
      expect(await backup(volume)).toMatchObject({ outcome: 'Succeeded' });
    },
  );

  it.each(Object.keys(restoreMoments))(
    'in %s of a restore stops, makes no claim, and leaves nothing',
    { timeout: 120_000 },
    async (phase) => {
      const volume = await createVolume(world, { app: `r-${phase.toLowerCase()}` });
      await backup(volume);
      await deleteClaim(volume);
      if (phase === 'SelectSnapshot') world.workers.freeze('repository');
      const handle = await startRestore(volume);
      await restoreMoments[phase]!(handle, volume);
      await handle.cancel();
      world.workers.resume('repository');
      await expectCanceled(handle);
      expect(await claimExists(volume)).toBe(false);
      expect(await leftovers(volume)).toEqual([]);
    },
  );
});
