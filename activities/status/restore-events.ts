import { DECLARED_API_VERSION, DeclaredKind } from '../../api/declared-object.ts';
import type { RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type EventReason, tell } from './event.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>;

/** A step of a restore, told at the destination that declares it; nothing where none does. */
export async function tellDestination(
  dependencies: Dependencies,
  { run, request, destinationUid }: RestoreStep,
  reason: EventReason,
  message: string,
): Promise<void> {
  if (!destinationUid) return;
  const about = destinationReference(request, destinationUid);
  await tell(dependencies, { about, run, reason, message, warning: false });
}

/** With its uid where it is known: without it `kubectl describe` does not find the event. */
export const destinationReference = ({ namespace, destination }: RestoreStep['request'], uid: string | undefined) => ({
  apiVersion: DECLARED_API_VERSION,
  kind: DeclaredKind.destination,
  namespace,
  name: destination,
  ...(uid ? { uid } : {}),
});
