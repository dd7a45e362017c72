import type { V1Job } from '@kubernetes/client-node';
import type { MoverSecurityContext } from '../../api/kubernetes-values.ts';
import { Label, SnapshotTag } from '../../api/metadata.ts';
import { backupJobName } from '../../api/names.ts';
import type { BackupMoverInput } from '../../workflows/backup/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { snapshotCreateArguments } from '../kopia/arguments.ts';
import { Component, labelValue } from '../volume/ownership.ts';
import { buildDeclaredVolumes, cacheSize } from './declared-pod.ts';
import { buildMoverJob, CACHE_MOUNT, METRICS_ADDRESS } from './mover-job.ts';
import { reachRepository } from './mover-repository.ts';

/** VolSync's place of the source, and the default path of the identity. */
const DATA_DIRECTORY = '/data';

/** Enough of a repository's unique id to keep the caches of two repositories apart. */
const CACHE_ID_LENGTH = 12;

/**
 * Where a mover keeps its cache of one repository: a cache that was another repository's is never opened, and one that
 * another user made (0700) can't be.
 */
export const cacheDirectory = (
  { repositoryUniqueId, privileged }: { readonly repositoryUniqueId: string; readonly privileged: boolean },
  { runAsUser }: MoverSecurityContext,
): string => {
  const user = privileged ? 0 : (runAsUser ?? 'default');
  return `${CACHE_MOUNT}/${repositoryUniqueId.slice(0, CACHE_ID_LENGTH)}-${user}`;
};

/** The Job that backs up one claim: `kopia snapshot create` and nothing else. */
export function buildBackupJob(
  { run, request, plan, capture }: BackupMoverInput,
  settings: ActivitySettings,
  reportAddress?: string,
): V1Job {
  const declared = buildDeclaredVolumes(request.moverVolumes);
  return buildMoverJob({
    run,
    settings,
    component: Component.backupMover,
    namespace: request.namespace,
    name: backupJobName(request.source),
    labels: { [Label.source]: labelValue(request.source) },
    args: snapshotCreateArguments({
      sourcePath: DATA_DIRECTORY,
      identity: request.identity,
      tags: {
        [SnapshotTag.run]: run.runId,
        ...(request.approveShrink ? { [SnapshotTag.approvedShrink]: 'true' } : {}),
        [SnapshotTag.capacity]: plan.claimCapacity,
        ...(plan.claimStorageClassName ? { [SnapshotTag.storageClass]: plan.claimStorageClassName } : {}),
        [SnapshotTag.accessModes]: plan.claimAccessModes.join(','),
      },
      parallelism: request.parallelism,
      metricsAddress: METRICS_ADDRESS,
      ...(reportAddress ? { report: { address: reportAddress, runId: run.runId } } : {}),
    }),
    dataDirectory: DATA_DIRECTORY,
    // Read-only in the claim's reference: a mount that is read-only alone lets the kubelet rewrite owners and modes of
    // the live volume (embedded-cluster.md section 4).
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: capture.dataClaim, readOnly: true } },
      ...declared.volumes,
    ],
    mounts: [{ name: 'data', mountPath: DATA_DIRECTORY, readOnly: true }, ...declared.mounts],
    repository: reachRepository({
      place: plan.repository,
      secretName: request.secretName,
      identity: request.identity,
      cacheDirectory: cacheDirectory(plan, request.moverSecurityContext),
      cacheSize: cacheSize(request.cache),
      readOnly: false,
    }),
    declared: request,
    cache: { name: 'cache', persistentVolumeClaim: { claimName: plan.cacheClaim } },
    securityContext: request.moverSecurityContext,
    privileged: plan.privileged,
    ...(plan.nodeName ? { nodeName: plan.nodeName } : {}),
  });
}
