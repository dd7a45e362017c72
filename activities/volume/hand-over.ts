import type { V1PersistentVolume, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { stagingClaimName } from '../../api/names.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { HandOverResult, VolumeInput } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { buildFinalClaim, provenance } from './claims.ts';
import { completeHandover } from './complete-handover.ts';
import { findHandoverVolume, giveUp, isReservedFor, markForHandover, reserve, untilFree } from './handover-volume.ts';
import { isOwn } from './ownership.ts';
import { awaitsVolume, refuseDeleting, restoredBy } from './preflight-restore.ts';
import { removeObject } from './remove-object.ts';
import { removeMoversOf } from './stage-restore.ts';
import { requireStillDeclared } from './still-declared.ts';
import { untilBound } from './until-bound.ts';

/** One attempt's patience with each step, milliseconds; the next attempt goes on where this one ended. */
const STEP_MILLISECONDS = 60_000;

/**
 * See RestoreControlActivities. The steps of embedded-cluster.md section 5; each looks before it acts, so that it may be
 * run again from its start after a crash at any point. The order keeps the data reachable: marked before anything is
 * deleted, given its own reclaim policy back only when the final claim was seen bound to it.
 */
export async function handOver(dependencies: ActivityDependencies, input: VolumeInput): Promise<HandOverResult> {
  const { cluster, clock } = dependencies;
  const { run, request } = input;
  const target = { namespace: request.namespace, name: request.claim };
  return await withHeartbeats(clock, async ({ signal }) => {
    const [before, marked] = await Promise.all([
      cluster.get('PersistentVolumeClaim', target),
      findHandoverVolume(cluster, run.runId),
    ]);
    if (!marked && before?.status?.phase === 'Bound' && restoredBy(before, run.runId)) return resultOf(before);
    if (!marked) {
      requireFree(before, input);
      await requireStillDeclared(dependencies, input);
    } else if (!isOurs(before, marked)) await requireFreeOrRelease(cluster, before, input, marked);
    const volume = marked ?? (await markStagingVolume(dependencies, input));
    await freeVolume(dependencies, input, signal);
    const volumeName = volume.metadata?.name ?? '';
    const free = await untilFree(dependencies, volumeName, target, STEP_MILLISECONDS, signal);
    await giveTo(dependencies, input, free);
    const { claim, bound } = await untilBound(dependencies, target, STEP_MILLISECONDS, signal);
    if (!claim || !bound || claim.spec?.volumeName !== volumeName) throw notBound(input, volumeName, claim);
    await completeHandover(cluster, volume, claim, run.runId);
    return resultOf(claim);
  });
}

/** The volume behind the staging claim, marked. Step 0 and 1. */
async function markStagingVolume(
  { cluster, clock }: ActivityDependencies,
  { run, request, plan }: VolumeInput,
): Promise<V1PersistentVolume> {
  const ref = { namespace: request.namespace, name: stagingClaimName(request.destination) };
  const staging = await cluster.get('PersistentVolumeClaim', ref);
  const name = staging && isOwn(staging.metadata, run) ? staging.spec?.volumeName : undefined;
  const volume = name ? await cluster.get('PersistentVolume', { name }) : undefined;
  if (!volume) {
    throw new PortError(
      FailureType.MoverFailed,
      `staging claim ${ref.namespace}/${ref.name} of this run has no volume any more: start the restore again`,
    );
  }
  return await markForHandover(cluster, volume, run, provenance(run, plan.snapshot, new Date(clock.now())));
}

/** Step 2: movers first, because a finished pod holds the claim, then the staging claim. */
async function freeVolume(
  dependencies: ActivityDependencies,
  { run, request }: VolumeInput,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock } = dependencies;
  const { namespace, destination } = request;
  await removeMoversOf(dependencies, { namespace, destination, run }, signal);
  await removeObject(
    {
      kind: 'PersistentVolumeClaim',
      ref: { namespace, name: stagingClaimName(destination) },
      wanted: ({ metadata }) => isOwn(metadata, run),
    },
    { cluster, clock, signal, patience: STEP_MILLISECONDS },
  );
}

/** Step 3: reserves the volume for the target and makes the target where nobody declared it. */
async function giveTo(
  dependencies: ActivityDependencies,
  input: VolumeInput,
  volume: V1PersistentVolume,
): Promise<void> {
  const { cluster, clock } = dependencies;
  const { run, request, plan } = input;
  const target = { namespace: request.namespace, name: request.claim };
  const volumeName = volume.metadata?.name ?? '';
  let existing = await cluster.get('PersistentVolumeClaim', target);
  if (existing && isOurs(existing, volume)) return;
  await requireFreeOrRelease(cluster, existing, input, volume);
  await requireStillDeclared(dependencies, input);
  const uid = existing?.metadata?.uid;
  // A uid of a claim that was deleted meanwhile would keep the volume from every later one.
  const reserved = isReservedFor(volume, target) && volume.spec?.claimRef?.uid === uid;
  if (!reserved && !(await reserve(cluster, volume, target, uid))) {
    throw new PortError(FailureType.ProvisioningFailed, `volume ${volumeName} changed while it was being handed over`);
  }
  if (existing) return;
  const created = await cluster.create(
    'PersistentVolumeClaim',
    buildFinalClaim({
      run,
      request,
      capacity: plan.capacity,
      accessModes: plan.accessModes,
      // The binder refuses a claim whose class is not the volume's.
      storageClassName: volume.spec?.storageClassName ?? plan.storageClassName,
      volumeName,
      annotations: provenance(run, plan.snapshot, new Date(clock.now())),
    }),
  );
  if (created) return;
  existing = await cluster.get('PersistentVolumeClaim', target);
  if (existing && isOurs(existing, volume)) return;
  // Somebody declared it in this very moment: the next attempt looks at what it is.
  throw new PortError(FailureType.VolumeBusy, `claim ${target.namespace}/${target.name} was made by somebody just now`);
}

/** The target already points at this volume: made by a former attempt, or bound by now. */
const isOurs = (claim: V1PersistentVolumeClaim | undefined, volume: V1PersistentVolume): boolean =>
  claim !== undefined && !claim.metadata?.deletionTimestamp && claim.spec?.volumeName === volume.metadata?.name;

/** Throws TargetExists for a claim that is somebody's, VolumeBusy for one that is going. */
function requireFree(claim: V1PersistentVolumeClaim | undefined, { request }: VolumeInput): void {
  refuseDeleting(claim);
  if (!claim || awaitsVolume(claim)) return;
  throw new PortError(
    FailureType.TargetExists,
    `claim ${request.namespace}/${request.claim} was made meanwhile: it is left as it is, and nothing is handed over`,
  );
}

/** As {@link requireFree}; a volume that will be nobody's goes as its own policy says. */
async function requireFreeOrRelease(
  cluster: ActivityDependencies['cluster'],
  claim: V1PersistentVolumeClaim | undefined,
  input: VolumeInput,
  volume: V1PersistentVolume,
): Promise<void> {
  try {
    requireFree(claim, input);
  } catch (error) {
    if (error instanceof PortError && error.type === FailureType.TargetExists) await giveUp(cluster, volume);
    throw error;
  }
}

function notBound({ request }: VolumeInput, volumeName: string, claim: V1PersistentVolumeClaim | undefined): PortError {
  const name = `${request.namespace}/${request.claim}`;
  if (!claim)
    return new PortError(
      FailureType.VolumeBusy,
      `claim ${name} was deleted while volume ${volumeName} was being bound to it`,
    );
  if (claim.status?.phase === 'Bound') {
    return new PortError(
      FailureType.TargetExists,
      `claim ${name} is bound to ${claim.spec?.volumeName}, not to the restored ${volumeName}`,
    );
  }
  return new PortError(
    FailureType.ProvisioningFailed,
    `claim ${name} was not bound to the restored volume ${volumeName}: do its class, size and access modes fit the volume?`,
  );
}

const resultOf = (claim: V1PersistentVolumeClaim): HandOverResult => ({
  claimUid: claim.metadata?.uid ?? '',
  volumeName: claim.spec?.volumeName ?? '',
});
