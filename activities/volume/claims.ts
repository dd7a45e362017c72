import type { V1ObjectMeta, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import { captureName, stagingClaimName } from '../../api/names.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import type { BackupPlan, BackupStep, RunReference } from '../../workflows/backup/contract.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { VolumePlan } from '../../workflows/restore/contract.ts';
import { Component, ownLabels, runAnnotations } from './ownership.ts';

interface ClaimRequest {
  readonly metadata: V1ObjectMeta;
  readonly capacity: string;
  readonly accessModes: readonly string[];
  readonly storageClassName?: string | undefined;
}

function buildClaim({ metadata, capacity, accessModes, storageClassName }: ClaimRequest): V1PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: {
      accessModes: [...accessModes],
      volumeMode: 'Filesystem',
      resources: { requests: { storage: capacity } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}

const forRun = (run: RunReference, component: Component, namespace: string, name: string): V1ObjectMeta => ({
  namespace,
  name,
  labels: ownLabels(component, run),
  annotations: runAnnotations(run),
});

type CaptureStep = BackupStep & { readonly plan: BackupPlan };

/** The claim that a mover reads, made from the source's VolumeSnapshot. `capacity` where the snapshot needs more room. */
export function buildSnapshotClaim(
  { run, request, plan }: CaptureStep,
  volumeSnapshot: string,
  capacity: string = plan.capacity,
): V1PersistentVolumeClaim {
  const claim = buildClaim({
    metadata: forRun(run, Component.capture, request.namespace, captureName(request.source)),
    capacity,
    accessModes: plan.accessModes,
    storageClassName: plan.storageClassName,
  });
  claim.spec!.dataSource = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: volumeSnapshot };
  return claim;
}

/** The claim that a mover reads, cloned from the source by the driver. */
export function buildCloneClaim({ run, request, plan }: CaptureStep): V1PersistentVolumeClaim {
  const claim = buildClaim({
    metadata: forRun(run, Component.capture, request.namespace, captureName(request.source)),
    capacity: plan.capacity,
    accessModes: plan.accessModes,
    storageClassName: plan.storageClassName,
  });
  claim.spec!.dataSource = { kind: 'PersistentVolumeClaim', name: request.claim };
  return claim;
}

/** A source's cache. It outlives the run, so it carries none. */
export function buildCacheClaim({ request, plan }: CaptureStep): V1PersistentVolumeClaim {
  return buildClaim({
    metadata: { namespace: request.namespace, name: plan.cacheClaim, labels: ownLabels(Component.cache) },
    capacity: request.cache.capacity,
    accessModes: request.cache.accessModes ?? ['ReadWriteOnce'],
    storageClassName: request.cache.storageClassName ?? plan.claimStorageClassName,
  });
}

/** The claim that a restore fills before anybody sees it. */
export function buildStagingClaim(
  run: RunReference,
  request: ResolvedRestore,
  plan: VolumePlan,
): V1PersistentVolumeClaim {
  return buildClaim({
    metadata: forRun(run, Component.staging, request.namespace, stagingClaimName(request.destination)),
    capacity: plan.capacity,
    accessModes: plan.accessModes,
    storageClassName: plan.storageClassName,
  });
}

/** Where a restored claim comes from, as annotations; an empty one has no snapshot. */
export function provenance(
  run: RunReference,
  snapshot: SnapshotSummary | undefined,
  now: Date,
): Record<string, string> {
  return {
    [Annotation.restoredBy]: run.runId,
    [Annotation.restoredAt]: now.toISOString(),
    ...(snapshot
      ? {
          [Annotation.restoredFrom]: snapshot.id,
          [Annotation.restoredSnapshotTime]: snapshot.startTime,
        }
      : {}),
  };
}

export interface FinalClaimRequest {
  readonly run: RunReference;
  readonly request: ResolvedRestore;
  readonly capacity: string;
  readonly accessModes: readonly string[];
  readonly storageClassName?: string | undefined;
  /** The volume that it gets; left out for an empty claim. */
  readonly volumeName?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The application's claim under its own name. It is the application's from now on: no label of ours, only provenance. */
export function buildFinalClaim(final: FinalClaimRequest): V1PersistentVolumeClaim {
  const { request, annotations, volumeName } = final;
  const claim = buildClaim({
    metadata: {
      namespace: request.namespace,
      name: request.claim,
      labels: { ...request.labels },
      annotations: { ...annotations },
    },
    capacity: final.capacity,
    accessModes: final.accessModes,
    storageClassName: final.storageClassName,
  });
  if (volumeName !== undefined) claim.spec!.volumeName = volumeName;
  return claim;
}
