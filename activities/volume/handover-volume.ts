import type { V1PersistentVolume } from '@kubernetes/client-node';
import { Annotation, Label } from '../../api/metadata.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Cluster, ObjectRef } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { runAnnotations } from './ownership.ts';

/** What a volume does when its claim goes, unless it says otherwise itself. */
const DEFAULT_POLICY = 'Delete';

/** The uid of no claim, ever. */
const NOBODYS_UID = '00000000-0000-0000-0000-000000000000';

/** Where the data comes from: on the volume until the claim says it. */
export const ORIGIN = [
  Annotation.restoredBy,
  Annotation.restoredAt,
  Annotation.restoredFrom,
  Annotation.restoredSnapshotTime,
] as const;

/** What stands on a volume only while it is handed over. */
const MARKS = [...ORIGIN, Annotation.reclaimPolicy, Annotation.runId, Annotation.workflowId];

/** The volume that a run is handing over, found by its label: after its staging claim is gone nothing else leads to it. */
export async function findHandoverVolume(cluster: Cluster, runId: string): Promise<V1PersistentVolume | undefined> {
  const [volume] = await cluster.list('PersistentVolume', { labels: `${Label.handover}=${runId}` });
  return volume;
}

/**
 * Marks a volume before anything is deleted: the run's label to find it again, who the run is and what it restored, its own
 * reclaim policy to give it back, and Retain, so that its data outlives the staging claim. Reads the policy back.
 */
export async function markForHandover(
  cluster: Cluster,
  volume: V1PersistentVolume,
  run: RunReference,
  origin: Readonly<Record<string, string>>,
): Promise<V1PersistentVolume> {
  const name = volume.metadata?.name ?? '';
  const policy = volume.metadata?.annotations?.[Annotation.reclaimPolicy] ?? policyOf(volume);
  const annotations = { ...origin, ...runAnnotations(run), [Annotation.reclaimPolicy]: policy };
  const marked = await cluster.patch(
    'PersistentVolume',
    { name },
    {
      metadata: { labels: { [Label.handover]: run.runId }, annotations },
      spec: { persistentVolumeReclaimPolicy: 'Retain' },
    },
  );
  if (marked?.spec?.persistentVolumeReclaimPolicy !== 'Retain') {
    throw new PortError(
      FailureType.ProvisioningFailed,
      `volume ${name} could not be kept for its handover (reclaim policy ${marked ? policyOf(marked) : 'unknown'})`,
    );
  }
  return marked;
}

/** Gives the volume its own reclaim policy back and takes the marks off. */
export async function unmark(cluster: Cluster, volume: V1PersistentVolume): Promise<void> {
  const policy = volume.metadata?.annotations?.[Annotation.reclaimPolicy] ?? DEFAULT_POLICY;
  const annotations = Object.fromEntries(MARKS.map((key) => [key, null]));
  await cluster.patch(
    'PersistentVolume',
    { name: volume.metadata?.name ?? '' },
    { metadata: { labels: { [Label.handover]: null }, annotations }, spec: { persistentVolumeReclaimPolicy: policy } },
  );
}

/**
 * Gives a volume up that was never handed over: it goes as its own policy says. It is first reserved for a claim that nobody
 * has: without a uid it would wait for the next claim of that name, however late, and a handover that is still under way
 * finds its volume taken. False when it changed meanwhile.
 */
export async function giveUp(cluster: Cluster, volume: V1PersistentVolume): Promise<boolean> {
  const { metadata, spec } = volume;
  if (spec?.claimRef && spec.claimRef.uid !== NOBODYS_UID) {
    const written = await cluster.jsonPatch('PersistentVolume', { name: metadata?.name ?? '' }, [
      { op: 'test', path: '/metadata/resourceVersion', value: metadata?.resourceVersion },
      { op: 'add', path: '/spec/claimRef/uid', value: NOBODYS_UID },
    ]);
    if (!written) return false;
  }
  await unmark(cluster, volume);
  return true;
}

/** Waits until nobody claims the volume any more (Released), or it is reserved for `claim` already. */
export async function untilFree(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  name: string,
  claim: ObjectRef,
  patience: number,
  signal: AbortSignal,
): Promise<V1PersistentVolume> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = clock.sleep(patience, either).then(() => stop.abort());
  try {
    for await (const { type, object } of cluster.watch('PersistentVolume', { name }, either)) {
      if (type === 'Gone') {
        throw new PortError(
          FailureType.MoverFailed,
          `volume ${name} was removed before it could be handed over: start the restore again`,
        );
      }
      if (isReservedFor(object, claim) || object.status?.phase === 'Released') return object;
    }
  } finally {
    stop.abort();
    await limit;
  }
  throw new PortError(FailureType.ProvisioningFailed, `volume ${name} is still held by its staging claim`);
}

export const isReservedFor = ({ spec }: V1PersistentVolume, claim: ObjectRef): boolean =>
  spec?.claimRef?.namespace === claim.namespace && spec?.claimRef?.name === claim.name;

/**
 * Reserves the volume for the target, on condition that it is still reserved for what was read. With a uid when the claim
 * exists (then the binder acts at once), without when it is made afterwards. False when somebody was faster.
 */
export async function reserve(
  cluster: Cluster,
  volume: V1PersistentVolume,
  claim: ObjectRef,
  uid: string | undefined,
): Promise<boolean> {
  const held = volume.spec?.claimRef;
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...claim, ...(uid ? { uid } : {}) };
  const written = await cluster.jsonPatch('PersistentVolume', { name: volume.metadata?.name ?? '' }, [
    { op: 'test', path: '/spec/claimRef/name', value: held?.name },
    ...(held?.uid ? [{ op: 'test', path: '/spec/claimRef/uid', value: held.uid } as const] : []),
    { op: 'replace', path: '/spec/claimRef', value: claimRef },
  ]);
  return written !== undefined;
}

const policyOf = ({ spec }: V1PersistentVolume): string => spec?.persistentVolumeReclaimPolicy ?? DEFAULT_POLICY;
