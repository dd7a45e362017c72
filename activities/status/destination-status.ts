import { Control, FieldManager, type RunStatus } from '../../api/declared-object.ts';
import { Annotation } from '../../api/metadata.ts';
import { startedStatus } from '../../api/run-status.ts';
import type { RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject } from '../ports/cluster.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster'>;

/**
 * The destination that declares a run. Undefined where none does, or it is gone. By list, which no watch answers: which image
 * is removed follows from it.
 */
export async function readDestination(
  { cluster }: Dependencies,
  { namespace, destination, declared }: RestoreStep['request'],
): Promise<DeclaredObject | undefined> {
  if (!declared) return undefined;
  const [found] = await cluster.list('ReplicationDestination', { namespace, name: destination });
  return found;
}

/** One that was handed back is VolSync's: nothing is written on it any more. */
export const mayWrite = ({ metadata }: DeclaredObject): boolean =>
  metadata?.annotations?.[Annotation.control] !== Control.released;

/** Writes the run's part of a destination's status; all of its fields, so that what is left out goes. */
export async function writeDestinationStatus(
  { cluster }: Dependencies,
  { namespace, destination }: RestoreStep['request'],
  status: RunStatus,
): Promise<void> {
  await cluster.applyStatus('ReplicationDestination', { namespace, name: destination }, status, FieldManager.run);
}

/** See RestoreControlActivities. */
export async function recordRestoreStart(
  dependencies: Dependencies,
  { request, startedAt }: RestoreStep & { readonly startedAt: string },
): Promise<{ readonly destinationUid?: string }> {
  const destination = await readDestination(dependencies, request);
  const destinationUid = destination?.metadata?.uid;
  if (!destination || !destinationUid || !mayWrite(destination)) return {};
  await writeDestinationStatus(dependencies, request, startedStatus(destination.status, startedAt));
  return { destinationUid };
}
