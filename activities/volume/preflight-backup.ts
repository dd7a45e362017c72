import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { CopyMethod, type ResolvedBackup } from '../../api/backup-request.ts';
import { AccessMode } from '../../api/kubernetes-values.ts';
import { backupJobName, cacheClaimName, captureName, inheritedCacheClaimName } from '../../api/names.ts';
import { type BackupPlan, type BackupStep, backupWorkflowId } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { restoreWorkflowId } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { elderRuns, isYounger, refuseOverlap } from './elder-runs.ts';
import { standingOf } from './ownership.ts';
import { readClaims, readSurroundings } from './preflight.ts';
import { awaitsVolume } from './preflight-restore.ts';
import { nameOf } from './remove-object.ts';
import { requireRepository } from './repository-place.ts';
import { isVolSyncLeftover, type VolSyncJob } from './volsync-leftover.ts';

/** See BackupControlActivities. At most five requests, each as soon as it can be; touches nothing. */
export async function preflightBackup(
  dependencies: ActivityDependencies,
  { run, request }: BackupStep,
): Promise<BackupPlan> {
  const { runs } = dependencies;
  const { namespace, claim, source } = request;
  const claims = readClaims(dependencies, request);
  const [found, nodeName, restore, other, open] = await Promise.all([
    readSurroundings(dependencies, request, claims),
    claims.then((known) => (bindsToNode(known.get(claim), request) ? nodeOfUser(dependencies, request) : undefined)),
    runs.openRun(restoreWorkflowId(namespace, claim)),
    runs.openRun(backupWorkflowId(namespace, source)),
    runs.openRunsOnClaim(namespace, claim),
  ]);
  const volume = requireSource(found.claims.get(claim), request);
  const repository = requireRepository(found, request);
  if (restore) {
    throw new PortError(
      FailureType.VolumeBusy,
      `a restore of ${namespace}/${claim} is under way (run ${restore.runId}): a backup never overlaps it`,
    );
  }
  if (other && other.runId !== run.runId && !isYounger(other, open, run)) {
    throw new PortError(
      FailureType.VolumeBusy,
      `another backup of source ${namespace}/${source} is under way (run ${other.runId} of '${other.workflowId}')`,
    );
  }
  // The two above are sure; what only the list knows (scheduled runs, other sources of the claim) may be seen late.
  refuseOverlap(request, elderRuns(open, run));
  const copy = found.claims.get(captureName(source));
  const copyName = nameOf('PersistentVolumeClaim', { namespace, name: captureName(source) });
  const leftover =
    copy !== undefined &&
    request.copyMethod !== CopyMethod.Direct &&
    (await standingOf(copy, copyName, run, dependencies.runs, () =>
      isVolSyncLeftover(dependencies, 'PersistentVolumeClaim', copy, volSyncJobOf(request)),
    )) === 'Leftover';
  return {
    ...describeClaim(volume, request),
    ...chooseCache(found.claims, request),
    ...(nodeName ? { nodeName } : {}),
    ...(leftover ? { leftoverCopy: true } : {}),
    privileged: found.privileged,
    ...repository,
  };
}

/** VolSync's mover of the same source. */
export const volSyncJobOf = ({ namespace, source, declared }: ResolvedBackup): VolSyncJob => ({
  namespace,
  jobName: backupJobName(source),
  declared,
});

function requireSource(
  volume: V1PersistentVolumeClaim | undefined,
  { namespace, claim }: ResolvedBackup,
): V1PersistentVolumeClaim {
  if (!volume || volume.metadata?.deletionTimestamp) {
    const what = volume ? 'is being deleted' : 'does not exist';
    throw new PortError(FailureType.SourceMissing, `claim ${namespace}/${claim} ${what}: there is nothing to back up`);
  }
  if (awaitsVolume(volume)) {
    // Not waited for: the restore that fills it waits for the backups that are under way.
    throw new PortError(
      FailureType.SourceMissing,
      `claim ${namespace}/${claim} waits for the volume that a restore gives it: there is nothing to back up yet`,
    );
  }
  if (volume.status?.phase === 'Lost') {
    throw new PortError(FailureType.SourceMissing, `claim ${namespace}/${claim} has lost its volume`);
  }
  if (volume.status?.phase !== 'Bound') {
    throw new PortError(
      FailureType.ProvisioningFailed,
      `claim ${namespace}/${claim} is not bound to a volume yet (phase ${volume.status?.phase ?? 'unknown'})`,
    );
  }
  if (volume.spec?.volumeMode === 'Block') {
    throw new PortError(
      FailureType.InvalidSpec,
      `claim ${namespace}/${claim} is a block device: only volumes with a file system can be backed up`,
    );
  }
  return volume;
}

type ClaimFacts = Omit<
  BackupPlan,
  'nodeName' | 'cacheClaim' | 'cacheClaimExists' | 'leftoverCopy' | 'privileged' | 'repositoryUniqueId' | 'repository'
>;

function describeClaim(volume: V1PersistentVolumeClaim, request: ResolvedBackup): ClaimFacts {
  const requested = volume.spec?.resources?.requests?.storage ?? '1Gi';
  const accessModes = (volume.spec?.accessModes ?? [AccessMode.ReadWriteOnce]) as AccessMode[];
  const ownClass = volume.spec?.storageClassName;
  const storageClassName = request.storageClassName ?? ownClass;
  return {
    claimUid: volume.metadata?.uid ?? '',
    capacity: request.capacity ?? volume.status?.capacity?.storage ?? requested,
    ...(storageClassName === undefined ? {} : { storageClassName }),
    accessModes: request.accessModes ?? accessModes,
    // What was asked for, not what the provisioner rounded it to: a claim in git says the same again.
    claimCapacity: requested,
    ...(ownClass === undefined ? {} : { claimStorageClassName: ownClass }),
    claimAccessModes: accessModes,
  };
}

/** VolSync's cache where one is left, so that a migrated source starts with a warm one. */
function chooseCache(
  claims: ReadonlyMap<string, V1PersistentVolumeClaim>,
  { source, claim }: ResolvedBackup,
): Pick<BackupPlan, 'cacheClaim' | 'cacheClaimExists'> {
  const usable = (name: string): boolean => claims.has(name) && !claims.get(name)?.metadata?.deletionTimestamp;
  const inherited = inheritedCacheClaimName(source);
  if (usable(inherited)) return { cacheClaim: inherited, cacheClaimExists: true };
  const own = cacheClaimName(claim);
  return { cacheClaim: own, cacheClaimExists: usable(own) };
}

/** Whether the node of a pod that uses the volume matters: a copy is mounted by nobody else, a shared volume anywhere. */
const bindsToNode = (volume: V1PersistentVolumeClaim | undefined, { copyMethod }: ResolvedBackup): boolean =>
  copyMethod === CopyMethod.Direct &&
  volume !== undefined &&
  !volume.spec?.accessModes?.includes(AccessMode.ReadWriteMany);

/** The node of a pod that uses the claim now. A volume that is attached to one node can only be read there. */
async function nodeOfUser(
  { cluster }: ActivityDependencies,
  { namespace, claim }: ResolvedBackup,
): Promise<string | undefined> {
  const pods = await cluster.list('Pod', { namespace });
  const user = pods.find(
    ({ spec, status }) =>
      spec?.nodeName !== undefined &&
      status?.phase !== 'Succeeded' &&
      status?.phase !== 'Failed' &&
      spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim),
  );
  return user?.spec?.nodeName;
}
