import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { backupJobName } from '../../api/names.ts';
import type { WorkerRole } from '../../workers/role.ts';
import type { BackupVolumeResult } from '../../workflows/backup/contract.ts';
import { activityPending, activityStarted, moverPodsMade, objectSeen } from '../system/moments.ts';
import { createVolume, leftovers, snapshotsOf, startBackup, type Volume } from '../system/volume.ts';
import { createWorld, type World } from '../system/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ name: 'killb', platform: inject('platform'), stowageImage: inject('stowageImage') });
}, 180_000);
afterAll(() => world?.close(), 120_000);

const roles: readonly WorkerRole[] = ['control', 'movers', 'repository'];
afterEach(async () => {
  // Whatever a test left frozen must not decide the next one.
  for (const role of roles) world.workers.resume(role);
});

type Kill = (handle: WorkflowHandle, volume: Volume) => Promise<void>;

/** Kills a role and starts it again. */
async function replace(role: WorkerRole): Promise<void> {
  await world.workers.kill(role);
  await world.workers.start(role);
}

/** Phase of the backup → what happens to which worker, at a moment that is proven to be in that phase. */
const kills: Readonly<Record<string, { readonly freezeFirst?: WorkerRole; readonly kill: Kill }>> = {
  Preflight: {
    freezeFirst: 'control',
    kill: async (handle) => {
      // The frozen worker has taken the first task, with the local activity in it, and never answers.
      const started = (await handle.fetchHistory()).events?.some((event) => event.workflowTaskStartedEventAttributes);
      if (!started) await new Promise((resolve) => setTimeout(resolve, 1000));
      await replace('control');
    },
  },
  OpenRepository: {
    freezeFirst: 'repository',
    kill: async (handle) => {
      await activityStarted(handle, 'openRepository');
      await replace('repository');
    },
  },
  Capture: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'volumesnapshots');
      await replace('control');
    },
  },
  Mover: {
    kill: async (_handle, volume) => {
      await objectSeen(volume, 'jobs');
      await replace('movers');
    },
  },
  ReadBack: {
    kill: async (handle, volume) => {
      await objectSeen(volume, 'jobs');
      world.workers.freeze('repository');
      await activityStarted(handle, 'readBackSnapshot');
      await replace('repository');
    },
  },
  Record: {
    kill: async (handle, volume) => {
      await objectSeen(volume, 'jobs');
      world.workers.freeze('repository');
      await activityPending(handle, 'readBackSnapshot');
      world.workers.freeze('control');
      world.workers.resume('repository');
      // The repository answers; the control worker that would record it is gone.
      await replace('control');
    },
  },
  CleanUp: {
    kill: async (_handle, volume) => {
      await objectSeen(
        volume,
        'pvc',
        ({ metadata }) => metadata.annotations?.['stowage.dev/last-backup'] !== undefined,
      );
      await replace('control');
    },
  },
};

describe('a worker that is killed in a backup', () => {
  it.each(Object.keys(kills))(
    'in %s: the run goes on; one mover, one snapshot, nothing left over',
    { timeout: 180_000 },
    async (phase) => {
      const volume = await createVolume(world, { app: phase.toLowerCase() });
      const { freezeFirst, kill } = kills[phase]!;
      if (freezeFirst) world.workers.freeze(freezeFirst);
      const handle = await startBackup(volume);
      await kill(handle, volume);
      const result = (await handle.result()) as BackupVolumeResult;

      expect(result.outcome).toBe('Succeeded');
      const snapshots = await snapshotsOf(volume);
      expect(snapshots.map(({ id }) => id)).toEqual([result.snapshotId]);
      expect(await moverPodsMade(volume, backupJobName(volume.source))).toBe(1);
      expect(await leftovers(volume)).toEqual([]);
    },
  );
});
