import type { V1PersistentVolume } from '@kubernetes/client-node';
import { stagingClaimName } from '../../api/names.ts';
import type { CleanUpResult } from '../../workflows/backup/contract.ts';
import type { RestoreStep } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { findHandoverVolume, unmark } from './handover-volume.ts';
import { isOwn } from './ownership.ts';
import { nameOf, removeObject } from './remove-object.ts';
import { settleRemovals } from './settle-removals.ts';
import { removeMoversOf } from './stage-restore.ts';

/** One attempt's patience, milliseconds; the next goes on where this one ended. */
const PATIENCE_MILLISECONDS = 60_000;

/**
 * See RestoreControlActivities. A volume whose handover had begun is decided first: bound to the final claim it is the
 * application's; otherwise nobody will ever claim it, and it goes as its own reclaim policy says.
 */
export async function cleanUpRestore(
  dependencies: ActivityDependencies,
  { run, request, handedOver }: RestoreStep & { readonly handedOver: boolean },
): Promise<CleanUpResult> {
  const { cluster, clock } = dependencies;
  const { namespace, destination } = request;
  return await withHeartbeats(clock, async ({ signal }) => {
    const volume = handedOver ? await findHandoverVolume(cluster, run.runId) : undefined;
    if (volume && !(await isPending(dependencies, volume))) await unmark(cluster, volume);
    const jobs = await removeMoversOf(dependencies, { namespace, destination, run }, signal);
    const ref = { namespace, name: stagingClaimName(destination) };
    const { removed } = await settleRemovals([
      {
        name: nameOf('PersistentVolumeClaim', ref),
        removed: removeObject(
          { kind: 'PersistentVolumeClaim', ref, wanted: ({ metadata }) => isOwn(metadata, run) },
          { cluster, clock, signal, patience: PATIENCE_MILLISECONDS },
        ),
      },
    ]);
    return { removed: [...jobs, ...removed] };
  });
}

/** The final claim names this volume and is only not bound yet: then the volume must be kept. */
async function isPending({ cluster }: ActivityDependencies, volume: V1PersistentVolume): Promise<boolean> {
  const { namespace, name } = volume.spec?.claimRef ?? {};
  if (!namespace || !name) return false;
  const claim = await cluster.get('PersistentVolumeClaim', { namespace, name });
  return claim?.spec?.volumeName === volume.metadata?.name && claim?.status?.phase !== 'Bound';
}
