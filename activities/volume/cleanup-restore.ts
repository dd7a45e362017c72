import type { V1PersistentVolume } from '@kubernetes/client-node';
import { stagingClaimName } from '../../api/names.ts';
import type { CleanUpResult } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { CleanUpRestoreInput } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { findHandoverVolume, giveUp, unmark } from './handover-volume.ts';
import { isOwn } from './ownership.ts';
import { nameOf, removeObject } from './remove-object.ts';
import { settleRemovals } from './settle-removals.ts';
import { removeMoversOf } from './stage-restore.ts';
import { removeSuperseded } from './superseded-images.ts';

/** One attempt's patience, milliseconds; the next goes on where this one ended. */
const PATIENCE_MILLISECONDS = 60_000;

/**
 * See RestoreControlActivities. A volume whose handover had begun is decided first: bound to the final claim it is the
 * application's; otherwise nobody will ever claim it, and it goes as its own reclaim policy says.
 */
export async function cleanUpRestore(
  dependencies: ActivityDependencies,
  input: CleanUpRestoreInput,
): Promise<CleanUpResult> {
  const { cluster, clock } = dependencies;
  const { run, request, handedOver } = input;
  const { namespace, destination } = request;
  return await withHeartbeats(clock, async ({ signal }) => {
    const options = { cluster, clock, signal, patience: PATIENCE_MILLISECONDS };
    const volume = handedOver ? await findHandoverVolume(cluster, run.runId) : undefined;
    if (volume) await decide(dependencies, volume);
    const jobs = await removeMoversOf(dependencies, { namespace, destination, run }, signal);
    const ref = { namespace, name: stagingClaimName(destination) };
    const images = request.deliver === 'Image' ? await removeSuperseded(dependencies, input, options) : [];
    const { removed } = await settleRemovals([
      ...images,
      {
        name: nameOf('PersistentVolumeClaim', ref),
        removed: removeObject(
          { kind: 'PersistentVolumeClaim', ref, wanted: ({ metadata }) => isOwn(metadata, run) },
          options,
        ),
      },
    ]);
    return { removed: [...jobs, ...removed] };
  });
}

async function decide({ cluster }: ActivityDependencies, volume: V1PersistentVolume): Promise<void> {
  const { namespace, name } = volume.spec?.claimRef ?? {};
  const claim = namespace && name ? await cluster.get('PersistentVolumeClaim', { namespace, name }) : undefined;
  const named = claim !== undefined && claim.spec?.volumeName === volume.metadata?.name;
  // Only not bound yet: then the volume must be kept.
  if (named && claim.status?.phase !== 'Bound') return;
  if (named) await unmark(cluster, volume);
  else if (!(await giveUp(cluster, volume))) {
    const what = nameOf('PersistentVolume', { name: volume.metadata?.name ?? '' });
    throw new PortError(FailureType.CleanupFailed, `${what} changed while it was being given up`);
  }
}
