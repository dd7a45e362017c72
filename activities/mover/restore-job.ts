import type { V1Job } from '@kubernetes/client-node';
import { Label } from '../../api/metadata.ts';
import { restoreJobName, stagingClaimName } from '../../api/names.ts';
import type { RestoreMoverInput, VolumeInput } from '../../workflows/restore/contract.ts';
import type { ActivitySettings } from '../dependencies.ts';
import { snapshotRestoreArguments } from '../kopia/arguments.ts';
import { Component, labelValue } from '../volume/ownership.ts';
import { buildDeclaredVolumes } from './declared-pod.ts';
import { buildMoverJob, METRICS_ADDRESS } from './mover-job.ts';
import { repositoryReader } from './repository-reader.ts';

/** A writable folder of the pod: Kopia removes a file beside its target, which a read-only root would refuse. */
const RESTORE_MOUNT = '/restore';

/** VolSync's place of the restored volume. */
export const RESTORE_DIRECTORY = `${RESTORE_MOUNT}/data`;

/** The Job that fills the staging claim with one snapshot. The repository is mounted read-only. */
export function buildRestoreJob(input: RestoreMoverInput, settings: ActivitySettings): V1Job {
  const { plan } = input;
  return buildRestoreMover(
    input,
    settings,
    snapshotRestoreArguments({
      snapshotId: plan.snapshot.id,
      targetPath: RESTORE_DIRECTORY,
      // Without the right to change owners Kopia passes over each failure in silence; then it is better meant.
      skipOwners: !plan.privileged,
      metricsAddress: METRICS_ADDRESS,
    }),
  );
}

/** The Job that only mounts the staging claim, so that its volume is made: there is nothing to restore. */
export const buildEmptyJob = (input: VolumeInput, settings: ActivitySettings): V1Job =>
  buildRestoreMover(input, settings, ['--version']);

function buildRestoreMover(input: VolumeInput, settings: ActivitySettings, args: readonly string[]): V1Job {
  const { run, request, plan } = input;
  const declared = buildDeclaredVolumes(request.moverVolumes);
  return buildMoverJob({
    run,
    settings,
    component: Component.restoreMover,
    namespace: request.namespace,
    name: restoreJobName(request.destination),
    labels: { [Label.destination]: labelValue(request.destination) },
    args,
    dataDirectory: RESTORE_DIRECTORY,
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: stagingClaimName(request.destination) } },
      { name: 'restore', emptyDir: {} },
      ...declared.volumes,
    ],
    mounts: [
      { name: 'restore', mountPath: RESTORE_MOUNT },
      { name: 'data', mountPath: RESTORE_DIRECTORY },
      ...declared.mounts,
    ],
    ...(plan.nodeName ? { nodeName: plan.nodeName } : {}),
    ...repositoryReader(input),
    restores: true,
  });
}
