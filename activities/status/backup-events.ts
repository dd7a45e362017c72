import { DECLARED_API_VERSION } from '../../api/declared-object.ts';
import type { BackupPlan, BackupStep } from '../../workflows/backup/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type EventReason, tell } from './event.ts';

/** With the uid: without it `kubectl describe` does not find the event. */
export const sourceReference = (
  { namespace, source }: { readonly namespace: string; readonly source: string },
  uid: string | undefined,
) => ({
  apiVersion: DECLARED_API_VERSION,
  kind: 'ReplicationSource',
  namespace,
  name: source,
  ...(uid ? { uid } : {}),
});

/**
 * Tells at a declared source what a step of its run did; a backup that nobody declared is told of at its end only, and
 * costs no request here. Never throws.
 */
export async function tellStep(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  { run, request, plan }: BackupStep & { readonly plan: BackupPlan },
  reason: EventReason,
  message: string,
): Promise<void> {
  if (plan.sourceUid === undefined) return;
  const about = sourceReference(request, plan.sourceUid);
  await tell(dependencies, { about, run, reason, message, warning: false });
}
