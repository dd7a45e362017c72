import { captureName } from '../../api/names.ts';
import type { BackupStep } from '../../workflows/backup/contract.ts';
import type { VolumeSnapshot } from '../ports/cluster.ts';
import { Component, ownLabels, runAnnotations } from './ownership.ts';

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
