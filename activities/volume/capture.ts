import { CopyMethod } from '../../api/backup-request.ts';
import { quantityBytes } from '../../api/kubernetes-values.ts';
import { captureName } from '../../api/names.ts';
import type { BackupPlan, BackupStep, CaptureResult } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Kind, ObjectOf, VolumeSnapshot } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { buildCloneClaim } from './claims.ts';
import { ownerOf, standingOf } from './ownership.ts';
import { volSyncJobOf } from './preflight-backup.ts';
import { nameOf, removeObject } from './remove-object.ts';
import { isVolSyncLeftover, isVolSyncs, removeVolSyncJob } from './volsync-leftover.ts';
import { buildVolumeSnapshot } from './volume-snapshot.ts';

type CaptureStep = BackupStep & { readonly plan: BackupPlan };

/** How long one attempt waits for a snapshot; the next one finds it again. */
const READY_MILLISECONDS = 60_000;
/** The snapshot controller writes conflicts of its own as errors and takes them back: only one that stays counts. */
const ERROR_MILLISECONDS = 3_000;
/** A leftover's clone is free when its pod is gone. */
const REMOVAL_MILLISECONDS = 120_000;

/** See BackupControlActivities. */
export async function captureVolume(dependencies: ActivityDependencies, step: CaptureStep): Promise<CaptureResult> {
  const { request, plan } = step;
  if (request.copyMethod === CopyMethod.Direct) return { dataClaim: request.claim };
  const name = captureName(request.source);
  const ref = { namespace: request.namespace, name };
  return await withHeartbeats(dependencies.clock, async ({ signal }) => {
    if (plan.leftoverCopy) await removeLeftover(dependencies, 'PersistentVolumeClaim', step, signal);
    if (request.copyMethod === CopyMethod.Clone) {
      await obtain(dependencies, 'PersistentVolumeClaim', buildCloneClaim(step), step, signal);
      return { dataClaim: name };
    }
    const snapshot = await obtain(dependencies, 'VolumeSnapshot', buildVolumeSnapshot(step), step, signal);
    const { restoreSize } = isReady(snapshot) ? snapshot.status! : await untilReady(dependencies, ref, step, signal);
    const larger = restoreSize !== undefined && quantityBytes(restoreSize) > quantityBytes(plan.capacity);
    return { dataClaim: name, volumeSnapshot: name, ...(larger ? { capacity: restoreSize } : {}) };
  });
}

const isReady = ({ status }: VolumeSnapshot): boolean => status?.readyToUse === true;

/** Creates the object, or finds the one of its own run; a leftover of a closed run is removed first. */
async function obtain<K extends Kind>(
  dependencies: ActivityDependencies,
  kind: K,
  object: ObjectOf[K],
  step: CaptureStep,
  signal: AbortSignal,
): Promise<ObjectOf[K]> {
  const ref = { namespace: step.request.namespace, name: captureName(step.request.source) };
  while (!signal.aborted) {
    const created = await dependencies.cluster.create(kind, object);
    if (created) return created;
    const existing = await dependencies.cluster.get(kind, ref);
    if (!existing) continue;
    const standing = await standingOf(existing, nameOf(kind, ref), step.run, dependencies.runs, () =>
      isVolSyncLeftover(dependencies, kind, existing, volSyncJobOf(step.request)),
    );
    if (standing === 'Own' && !existing.metadata?.deletionTimestamp) return existing;
    await removeLeftover(dependencies, kind, step, signal);
  }
  throw new PortError(FailureType.VolumeSnapshotFailed, 'the capture was given up');
}

/** Removes what bears the copy's name. Whose it is was looked at before; what came in its place since is left alone. */
async function removeLeftover(
  dependencies: ActivityDependencies,
  kind: Kind,
  { request }: CaptureStep,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock, log } = dependencies;
  const ref = { namespace: request.namespace, name: captureName(request.source) };
  log.info({ ...ref, kind }, 'removes what a closed run left');
  await removeVolSyncJob(dependencies, volSyncJobOf(request), signal);
  await removeObject(
    { kind, ref, wanted: ({ metadata }) => ownerOf(metadata) !== undefined || isVolSyncs(metadata) },
    { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
  );
}

async function untilReady(
  { cluster, clock }: ActivityDependencies,
  ref: { readonly namespace: string; readonly name: string },
  { request }: CaptureStep,
  signal: AbortSignal,
): Promise<NonNullable<VolumeSnapshot['status']>> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let problem = `has not become usable within ${READY_MILLISECONDS / 1000} s`;
  const limit = clock.sleep(READY_MILLISECONDS, either).then(() => stop.abort());
  let erring: Promise<void> | undefined;
  try {
    for await (const { type, object } of cluster.watch('VolumeSnapshot', ref, either)) {
      if (type === 'Gone') {
        problem = 'was deleted before it was usable';
        break;
      }
      if (isReady(object)) return object.status!;
      const said = object.status?.error?.message;
      if (!said) continue;
      problem = `failed: ${said}${classHint(said, request.volumeSnapshotClassName)}`;
      erring ??= clock.sleep(ERROR_MILLISECONDS, either).then(() => stop.abort());
    }
  } finally {
    stop.abort();
    await Promise.all([limit, erring]);
  }
  throw new PortError(
    FailureType.VolumeSnapshotFailed,
    `VolumeSnapshot ${ref.namespace}/${ref.name} of claim ${request.claim} ${problem}`,
  );
}

/** The controller's words for a missing class differ; the remedy is one. */
function classHint(message: string, className: string | undefined): string {
  if (!/snapshot ?class/i.test(message)) return '';
  return className
    ? ` (VolumeSnapshotClass '${className}' is named by the request: does it exist?)`
    : ' (the cluster has no default VolumeSnapshotClass for this driver: name one with volumeSnapshotClassName)';
}
