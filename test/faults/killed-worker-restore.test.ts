import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { restoreJobName } from '../../api/names.ts';
import type { WorkerRole } from '../../workers/role.ts';
import type { RestoreVolumeResult } from '../../workflows/restore/contract.ts';
import { activityPending, activityStarted, moverPodsMade, objectSeen } from '../system/moments.ts';
import { backup, createVolume, deleteClaim, leftovers, startRestore, treeText, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'killr', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);
afterEach(() => {
  for (const role of ['control', 'movers', 'repository'] as const) world.workers.resume(role);
});

async function replace(role: WorkerRole): Promise<void> {
  await world.workers.kill(role);
  await world.workers.start(role);
}

const jobOf =
  (prefix: string) =>
  ({ metadata }: { metadata: { name: string } }): boolean =>
    metadata.name.startsWith(prefix);

/** Phase of the restore → what happens to which worker, at a moment that is proven to be in that phase. */
const kills: Readonly<
  Record<
    string,
    { readonly freezeFirst?: WorkerRole; readonly kill: (handle: WorkflowHandle, volume: Volume) => Promise<void> }
  >
> = {
  SelectSnapshot: {
    freezeFirst: 'repository',
    kill: async (handle) => {
      await activityStarted(handle, 'selectSnapshot');
      await replace('repository');
    },
  },
  Stage: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'pvc', ({ metadata }) => metadata.name.endsWith('-staging'));
      await replace('control');
    },
  },
  Mover: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'jobs', jobOf('volsync-dst-'));
      await replace('movers');
    },
  },
  Check: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'jobs', jobOf('stowage-check-'));
      await replace('movers');
    },
  },
  HandOver: {
    kill: async (handle) => {
      await activityPending(handle, 'handOver');
      await replace('control');
    },
  },
  CleanUp: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'pvc', ({ metadata }) => metadata.name === volume.claim);
      await replace('control');
    },
  },
};

describe('a worker that is killed in a restore', () => {
  it.each(Object.keys(kills))(
    'in %s: the run goes on; one mover, the same tree, nothing left over',
    { timeout: 240_000 },
    async (phase) => {
      const volume = await createVolume(world, { app: phase.toLowerCase() });
      await backup(volume);
      const before = await treeText(volume);
      await deleteClaim(volume);

      const { freezeFirst, kill } = kills[phase]!;
      if (freezeFirst) world.workers.freeze(freezeFirst);
      const handle = await startRestore(volume);
      await kill(handle, volume);
      const result = (await handle.result()) as RestoreVolumeResult;

      expect(result.outcome).toBe('Restored');
      expect(await moverPodsMade(volume, restoreJobName(volume.destination))).toBe(1);
      expect(await leftovers(volume)).toEqual([]);
      expect(await treeText(volume)).toBe(before);
    },
  );
});
