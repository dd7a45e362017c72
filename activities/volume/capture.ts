import { CopyMethod } from '../../api/backup-request.ts';
import { quantityBytes } from '../../api/kubernetes-values.ts';
import { captureName } from '../../api/names.ts';
import type { BackupPlan, BackupStep, CaptureResult } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Kind, ObjectOf } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { tellStep } from '../status/backup-events.ts';
import { EventReason } from '../status/event.ts';
import { buildCloneClaim } from './claims.ts';
import { ownerOf, standingOf } from './ownership.ts';
import { volSyncJobOf } from './preflight-backup.ts';
import { nameOf, removeObject } from './remove-object.ts';
import { isReady, untilReady } from './until-ready.ts';
import { isVolSyncLeftover, isVolSyncs, removeVolSyncJob } from './volsync-leftover.ts';
import { buildVolumeSnapshot } from './volume-snapshot.ts';

type CaptureStep = BackupStep & { readonly plan: BackupPlan };

/** How long one attempt waits for a snapshot; the next one finds it again. */
const READY_MILLISECONDS = 60_000;
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
      await tellStep(dependencies, step, EventReason.claimCreated, `created ${name} as a clone of ${request.claim}`);
      return { dataClaim: name };
    }
    const snapshot = await obtain(dependencies, 'VolumeSnapshot', buildVolumeSnapshot(step), step, signal);
    const text = `created ${name} from ${request.claim}`;
    const told = tellStep(dependencies, step, EventReason.volumeSnapshotCreated, text);
    const { restoreSize } = isReady(snapshot)
      ? snapshot.status!
      : await untilReady(dependencies, ref, request, READY_MILLISECONDS, signal);
    await told;
    const larger = restoreSize !== undefined && quantityBytes(restoreSize) > quantityBytes(plan.capacity);
    return { dataClaim: name, volumeSnapshot: name, ...(larger ? { capacity: restoreSize } : {}) };
  });
}

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
