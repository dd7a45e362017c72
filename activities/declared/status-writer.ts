import {
  ConditionType,
  DECLARED_API_VERSION,
  type DeclaredKind,
  FieldManager,
  type WatchStatus,
} from '../../api/declared-object.ts';
import { watchWorkflowId } from '../../workflows/watch/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { EventReason, tell } from '../status/event.ts';
import { sameStatus } from './condition.ts';
import type { Problem } from './problem.ts';

/**
 * Writes the watch's part of a status where it differs, and tells a problem that is new in an event. Throws PortError of the
 * cluster for the status; nothing depends on the event.
 */
export async function writeStatus(
  dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  kind: DeclaredKind,
  object: DeclaredObject,
  wanted: WatchStatus,
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
  kind: DeclaredKind,
  { metadata }: DeclaredObject,
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
const toldReason = ({ status }: DeclaredObject): string | undefined =>
  status?.conditions?.find(({ type }) => type === ConditionType.protected || type === ConditionType.restored)?.reason;
