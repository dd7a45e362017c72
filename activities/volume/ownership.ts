import type { V1ObjectMeta } from '@kubernetes/client-node';
import { Annotation, CREATED_BY, Label, MANAGED_BY } from '../../api/metadata.ts';
import { limitName } from '../../api/names.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import type { RunRegistry } from '../ports/run-registry.ts';

/** Part of Stowage that an object belongs to; the value of `app.kubernetes.io/component`. */
export const Component = {
  backupMover: 'backup-mover',
  restoreMover: 'restore-mover',
  restoreCheck: 'restore-check',
  capture: 'capture',
  cache: 'cache',
  staging: 'staging',
  image: 'image',
  care: 'repository-care',
  drillCheck: 'drill-check',
} as const;
export type Component = (typeof Component)[keyof typeof Component];

/** Labels of everything that Stowage makes in an application's namespace; without a run for what outlives it. */
export function ownLabels(component: Component, run?: RunReference): Record<string, string> {
  return {
    [Label.createdBy]: CREATED_BY,
    [Label.managedBy]: MANAGED_BY,
    [Label.component]: component,
    ...(run ? { [Label.run]: run.runId } : {}),
  };
}

/** A name as the value of a label, which has at most 63 characters. */
export const labelValue = (name: string): string => limitName(name);

/** Says on an object which run made it. */
export const runAnnotations = (run: RunReference): Record<string, string> => ({
  [Annotation.runId]: run.runId,
  [Annotation.workflowId]: run.workflowId,
});

/** The run that made an object. Undefined when it is not one of Stowage's. */
export function ownerOf(metadata: V1ObjectMeta | undefined): RunReference | undefined {
  const runId = metadata?.annotations?.[Annotation.runId];
  const workflowId = metadata?.annotations?.[Annotation.workflowId];
  return runId && workflowId ? { runId, workflowId } : undefined;
}

export const isOwn = (metadata: V1ObjectMeta | undefined, run: RunReference): boolean =>
  ownerOf(metadata)?.runId === run.runId;

/** What may be done with an object that has the name which a run wants to use. */
export type Standing = 'Own' | 'Leftover';

/**
 * Looks whose an object is. Throws VolumeBusy when another run that is still open owns it, and a VolumeBusy that is not
 * retried when it is neither Stowage's nor, by `isInherited`, something that VolSync left: that is never removed.
 */
export async function standingOf(
  object: { readonly metadata?: V1ObjectMeta },
  what: string,
  run: RunReference,
  runs: RunRegistry,
  isInherited: () => Promise<boolean> = async () => false,
): Promise<Standing> {
  const owner = ownerOf(object.metadata);
  if (!owner) {
    if (await isInherited()) return 'Leftover';
    throw new PortError(
      FailureType.VolumeBusy,
      `${what} exists and was not made by Stowage, so it is left alone: stop what made it (VolSync?) and remove it`,
      { retryable: false },
    );
  }
  if (owner.runId === run.runId) return 'Own';
  if (await runs.isOpen(owner)) {
    throw new PortError(
      FailureType.VolumeBusy,
      `${what} belongs to run ${owner.runId} of '${owner.workflowId}', which is still under way`,
    );
  }
  return 'Leftover';
}
