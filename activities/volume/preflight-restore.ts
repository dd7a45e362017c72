import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { RestorePreflight, RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { readSurroundings, requireRepository } from './preflight.ts';

/** The declared source of a claim that waits for a restore (VolSync's volume populator). */
const POPULATOR = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination' };

/**
 * A declared claim that no provisioner will ever fill: it waits for a volume that somebody hands over. Any other claim,
 * also one that is only waiting for its first pod, exists and is never written.
 */
export const awaitsVolume = (claim: V1PersistentVolumeClaim): boolean =>
  claim.status?.phase !== 'Bound' && !claim.spec?.volumeName && populatedBy(claim) !== undefined;

/** The ReplicationDestination that a claim names as its data source, in the claim's own namespace; undefined for none. */
export function populatedBy({ spec }: V1PersistentVolumeClaim): string | undefined {
  const declared = spec?.dataSourceRef ?? spec?.dataSource;
  const ours = declared?.kind === POPULATOR.kind && declared.apiGroup === POPULATOR.apiGroup;
  return ours ? declared.name : undefined;
}

/** Whether this very run has given the claim its volume. */
export const restoredBy = (claim: V1PersistentVolumeClaim | undefined, runId: string): boolean =>
  claim?.metadata?.annotations?.[Annotation.restoredBy] === runId;

/** A claim that is on its way out still has its name, and its data still belongs to somebody. */
export function refuseDeleting(claim: V1PersistentVolumeClaim | undefined): void {
  if (!claim?.metadata?.deletionTimestamp) return;
  const { namespace, name } = claim.metadata;
  throw new PortError(
    FailureType.VolumeBusy,
    `claim ${namespace}/${name} is being deleted: the restore goes on when it is gone (a pod that uses it holds it)`,
  );
}

/** See RestoreControlActivities. Four requests at once; touches nothing. */
export async function preflightRestore(
  dependencies: ActivityDependencies,
  { run, request }: RestoreStep,
): Promise<RestorePreflight> {
  const { namespace, claim, source } = request;
  const [found, backup] = await Promise.all([
    readSurroundings(dependencies, request),
    dependencies.runs.openRun(backupWorkflowId(namespace, source)),
  ]);
  const target = found.claims.get(claim);
  const answer = {
    privileged: found.privileged,
    repositoryUniqueId: found.repositoryUniqueId ?? '',
    repositoryPath: found.repositoryPath ?? '',
    handedOverByThisRun: restoredBy(target, run.runId),
  };
  refuseDeleting(target);
  // Nothing else matters then, not even a repository that can't be used.
  if (target && !awaitsVolume(target)) return { ...answer, claimExists: true };
  const repository = requireRepository(found, request);
  if (backup) {
    throw new PortError(
      FailureType.VolumeBusy,
      `a backup of ${namespace}/${claim} is under way (run ${backup.runId}): a restore never overlaps it`,
    );
  }
  return { ...answer, claimExists: false, ...repository };
}
