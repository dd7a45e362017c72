import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Label } from '../../api/metadata.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { completeHandover } from './complete-handover.ts';
import { giveUp, unmark } from './handover-volume.ts';
import { ownerOf } from './ownership.ts';

/** What a volume with the mark of a handover is, once its run has closed. */
export type HandoverState =
  /** Bound to the claim that it was meant for: only the marks are left. */
  | 'Arrived'
  /** Reserved for that claim and about to be bound: looked at again later. */
  | 'Arriving'
  /** Still behind the staging claim, which the next run removes. */
  | 'Staged'
  /** Nobody's: a copy of what the repository holds. */
  | 'Abandoned';

export interface SweptHandover {
  readonly volume: string;
  readonly state: HandoverState;
}

/** Pure: `claim` is what bears the name that the volume is reserved for. */
export function handoverState(volume: V1PersistentVolume, claim: V1PersistentVolumeClaim | undefined): HandoverState {
  const name = volume.metadata?.name;
  const uid = volume.spec?.claimRef?.uid;
  if (!claim) return 'Abandoned';
  const named = claim.spec?.volumeName === name;
  const reserved = uid !== undefined && uid === claim.metadata?.uid;
  // A claim of another volume, or a later one of the same name: it gets a restore of its own.
  if (!named && !(reserved && !claim.spec?.volumeName)) return 'Abandoned';
  if (ownerOf(claim.metadata)) return 'Staged';
  return named && claim.status?.phase === 'Bound' ? 'Arrived' : 'Arriving';
}

/**
 * Ends the handovers of runs that were terminated in the middle, which clean up nothing: a volume that has arrived at its claim
 * loses its marks, one that nobody wants goes as its own reclaim policy says, one on its way is left for the next sweep.
 * `isOurs` leaves out namespaces that another Stowage looks after. Volumes of open runs, and marked ones that don't say whose they are, are not touched. May run at any time and beside itself.
 * A volume that can't be settled keeps no other waiting. Throws PortError when the volumes can't be listed.
 */
export async function sweepHandovers(
  dependencies: ActivityDependencies,
  isOurs: (namespace: string) => boolean = () => true,
): Promise<SweptHandover[]> {
  const { cluster, runs, log } = dependencies;
  const swept: SweptHandover[] = [];
  for (const volume of await cluster.list('PersistentVolume', { labels: Label.handover })) {
    if (!isOurs(volume.spec?.claimRef?.namespace ?? '')) continue;
    const owner = ownerOf(volume.metadata);
    const name = volume.metadata?.name ?? '';
    if (!owner) {
      log.warn({ volume: name }, 'a volume has the mark of a handover and does not say of which run');
      continue;
    }
    try {
      if (await runs.isOpen(owner)) continue;
      const state = await settle(dependencies, volume, owner.runId);
      log.info({ volume: name, state, owner }, 'a run ended in the middle of its handover');
      swept.push({ volume: name, state });
    } catch (error) {
      log.warn(
        { volume: name, owner, error },
        'a handover without its run could not be ended; the next sweep tries again',
      );
    }
  }
  return swept;
}

async function settle(
  { cluster }: ActivityDependencies,
  volume: V1PersistentVolume,
  runId: string,
): Promise<HandoverState> {
  const { namespace = '', name = '' } = volume.spec?.claimRef ?? {};
  const claim = name ? await cluster.get('PersistentVolumeClaim', { namespace, name }) : undefined;
  const state = handoverState(volume, claim);
  if (state === 'Arrived' && claim) await completeHandover(cluster, volume, claim, runId);
  if (state === 'Staged') await unmark(cluster, volume);
  if (state === 'Abandoned') await giveUp(cluster, volume);
  return state;
}
