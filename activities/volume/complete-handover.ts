import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import type { Cluster } from '../ports/cluster.ts';
import { ORIGIN, unmark } from './handover-volume.ts';
import { restoredBy } from './preflight-restore.ts';

/**
 * The end of a handover, once the claim is bound to the volume: the claim learns where it comes from (one that was made for
 * it knows already), then the volume gets its own reclaim policy back.
 */
export async function completeHandover(
  cluster: Cluster,
  volume: V1PersistentVolume,
  claim: V1PersistentVolumeClaim,
  runId: string,
): Promise<void> {
  const { namespace = '', name = '', annotations: present = {} } = claim.metadata ?? {};
  const known = restoredBy(claim, runId);
  if (!known || present[Annotation.nudged] !== undefined) {
    const marks = volume.metadata?.annotations ?? {};
    const origin = Object.fromEntries(ORIGIN.flatMap((key) => (marks[key] ? [[key, marks[key]]] : [])));
    const annotations = { ...(known ? {} : origin), [Annotation.nudged]: null };
    await cluster.patch('PersistentVolumeClaim', { namespace, name }, { metadata: { annotations } });
  }
  // In this order: without the mark only the provenance tells the next attempt that the claim is this run's work.
  await unmark(cluster, volume);
}
