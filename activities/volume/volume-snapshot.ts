import { DECLARED_API_VERSION, DeclaredKind } from '../../api/declared-object.ts';
import { Label } from '../../api/metadata.ts';
import { captureName, stagingClaimName } from '../../api/names.ts';
import type { BackupStep } from '../../workflows/backup/contract.ts';
import type { DeliverImageInput } from '../../workflows/restore/contract.ts';
import type { VolumeSnapshot } from '../ports/cluster.ts';
import { Component, labelValue, ownLabels, runAnnotations } from './ownership.ts';

/** The temporary VolumeSnapshot of a source; the cluster's default class where the request names none. */
export function buildVolumeSnapshot({ run, request }: BackupStep): VolumeSnapshot {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      namespace: request.namespace,
      name: captureName(request.source),
      labels: ownLabels(Component.capture, run),
      annotations: runAnnotations(run),
    },
    spec: {
      source: { persistentVolumeClaimName: request.claim },
      ...(request.volumeSnapshotClassName ? { volumeSnapshotClassName: request.volumeSnapshotClassName } : {}),
    },
  };
}

/**
 * The image of a destination, taken of the staging claim. It outlives its run; the destination owns it, so that it goes with
 * that. Its labels are VolSync's, and what a later run finds it by.
 */
export function buildImage({ run, request, destinationUid, imageName }: DeliverImageInput): VolumeSnapshot {
  const { namespace, destination, volumeSnapshotClassName } = request;
  const owner = { apiVersion: DECLARED_API_VERSION, kind: DeclaredKind.destination, name: destination };
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshot',
    metadata: {
      namespace,
      name: imageName,
      labels: { ...ownLabels(Component.image, run), [Label.destination]: labelValue(destination) },
      annotations: runAnnotations(run),
      ...(destinationUid ? { ownerReferences: [{ ...owner, uid: destinationUid }] } : {}),
    },
    spec: {
      source: { persistentVolumeClaimName: stagingClaimName(destination) },
      ...(volumeSnapshotClassName ? { volumeSnapshotClassName } : {}),
    },
  };
}
