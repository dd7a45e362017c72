import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { AccessMode } from '../../api/kubernetes-values.ts';
import { Annotation } from '../../api/metadata.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { RestorePreflight, RestoreStep, WaitingClaim } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { elderRuns, refuseOverlap } from './elder-runs.ts';
import { readSurroundings } from './preflight.ts';
import { requireRepository } from './repository-place.ts';

/** The declared source of a claim that waits for a restore (VolSync's volume populator). */
const POPULATOR = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination' };

/** Of a restore that finds its claim there: nobody opens the repository. */
const UNKNOWN_PLACE: RepositoryPlace = { kind: 'Volume', path: '' };

/** The scheduler's word: a class that waits for its first pod has to make the volume for this node. */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

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

/**
 * What a waiting claim asks of its volume. Throws InvalidSpec, which names the field, for one that no restore can fill.
 */
export function readWaitingClaim({ metadata, spec }: V1PersistentVolumeClaim): WaitingClaim {
  const refuse = (field: string, why: string): PortError =>
    new PortError(
      FailureType.InvalidSpec,
      `claim ${metadata?.namespace}/${metadata?.name}: ${field} ${why}; correct the claim's manifest and make it anew`,
    );
  if (spec?.volumeMode === 'Block') {
    throw refuse('spec.volumeMode', 'is Block, and a backup holds files: only Filesystem can be restored');
  }
  if (spec?.storageClassName === '') {
    throw refuse('spec.storageClassName', 'is empty, so nothing makes a volume for it: name a class or leave it out');
  }
  const capacity = spec?.resources?.requests?.storage;
  if (!capacity) throw refuse('spec.resources.requests.storage', 'is missing');
  const nodeName = metadata?.annotations?.[SELECTED_NODE];
  return {
    capacity,
    ...(spec.storageClassName ? { storageClassName: spec.storageClassName } : {}),
    accessModes: (spec.accessModes ?? [AccessMode.ReadWriteOnce]) as AccessMode[],
    ...(nodeName ? { nodeName } : {}),
  };
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
  const image = request.deliver === 'Image';
  const [found, backup, open] = await Promise.all([
    readSurroundings(dependencies, request),
    // An image is taken of a volume that nobody backs up.
    image ? undefined : dependencies.runs.openRun(backupWorkflowId(namespace, source)),
    image ? [] : dependencies.runs.openRunsOnClaim(namespace, claim),
  ]);
  const target = image ? undefined : found.claims.get(claim);
  const answer = {
    privileged: found.privileged,
    repositoryUniqueId: found.repositoryUniqueId ?? '',
    repository: found.place ?? UNKNOWN_PLACE,
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
  // A Schedule's backups, and those of other sources of the claim; one that started later waits for this restore.
  refuseOverlap(
    request,
    elderRuns(open, run).filter(({ kind }) => kind === 'Backup'),
  );
  const waiting = target ? { waiting: readWaitingClaim(target) } : {};
  return { ...answer, claimExists: false, ...waiting, ...repository };
}
