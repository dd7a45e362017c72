import { FailureType } from '../../workflows/failures.ts';
import type { RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { readDestination } from '../status/destination-status.ts';

/**
 * Refuses to hand over what nobody declares any more: the watch cancels the restore of a destination that it sees go, and one
 * that went while no watch was there is found here. Throws DestinationGone, or PortError of the cluster.
 */
export async function requireStillDeclared(
  dependencies: Pick<ActivityDependencies, 'cluster'>,
  { request, destinationUid }: RestoreStep,
): Promise<void> {
  if (!request.declared) return;
  const { metadata } = (await readDestination(dependencies, request)) ?? {};
  const replaced = destinationUid !== undefined && metadata?.uid !== destinationUid;
  if (metadata && !metadata.deletionTimestamp && !replaced) return;
  const what = metadata && !replaced ? 'is being deleted' : replaced && metadata ? 'was replaced' : 'is gone';
  throw new PortError(
    FailureType.DestinationGone,
    `ReplicationDestination ${request.namespace}/${request.destination} ${what}: claim ${request.claim} is not made, and nothing was handed over`,
  );
}
