import { ConditionType, DECLARED_API_VERSION, FieldManager } from '../../api/declared-object.ts';
import { watchWorkflowId } from '../../workflows/watch/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject, MaintenanceObject, StatusKind } from '../ports/cluster.ts';
import { EventReason, tell } from '../status/event.ts';
import { sameStatus, type ToldWords } from './condition.ts';
import type { Problem } from './problem.ts';

export type Told = DeclaredObject | MaintenanceObject;

/** The condition that says why nothing is done; each kind has one of them. */
const DECISIVE: readonly string[] = [ConditionType.protected, ConditionType.restored, ConditionType.ready];

/**
 * Writes the watch's part of a status where it differs, and tells a problem that is new in an event. Throws PortError of the
 * cluster for the status; nothing depends on the event.
 */
export async function writeStatus(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  kind: StatusKind,
  object: Told,
  wanted: ToldWords,
  problem: Problem | undefined,
): Promise<void> {
  if (sameStatus(wanted, object.status)) return;
  const { namespace = '', name = '' } = object.metadata ?? {};
  await dependencies.cluster.applyStatus(kind, { namespace, name }, wanted, FieldManager.watch);
  if (problem && toldReason(object) !== problem.reason) await tellHeld(dependencies, kind, object, problem);
}

/** One event for each problem of each version of an object, however often the watch is taken over. Never throws. */
export async function tellHeld(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  kind: StatusKind,
  { metadata }: Told,
  { reason, message }: Problem,
): Promise<void> {
  const { namespace = '', name = '', uid, generation = 0 } = metadata ?? {};
  await tell(dependencies, {
    about: { apiVersion: DECLARED_API_VERSION, kind, namespace, name, ...(uid ? { uid } : {}) },
    run: { workflowId: watchWorkflowId(), runId: `${generation}-${reason}` },
    reason: EventReason.held,
    message: `${reason}: ${message}`,
    warning: true,
  });
}

/** The reason that stands there already. */
const toldReason = ({ status }: Told): string | undefined =>
  status?.conditions?.find(({ type }) => DECISIVE.includes(type))?.reason;
