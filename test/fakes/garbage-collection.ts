import { now, type ObjectStore, type StoredObject } from './object-store.ts';

/** Holds a Job until its pods are gone. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

/** Holds a claim while a pod names it, a finished one too. */
export const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';

/** Asks for an object's end, as a DELETE does; finalizers decide when it comes. */
export function requestDeletion(store: ObjectStore, object: StoredObject, gracePeriodSeconds = 0): void {
  const finalizers = [...(object.metadata.finalizers ?? []), ...(object.kind === 'Job' ? [FOREGROUND_FINALIZER] : [])];
  if (object.metadata.deletionTimestamp) return;
  if (finalizers.length === 0) {
    store.remove(object);
    return;
  }
  const deletion = { deletionTimestamp: now(), deletionGracePeriodSeconds: gracePeriodSeconds, finalizers };
  store.replace({ ...object, metadata: { ...object.metadata, ...deletion } });
}

/** What the garbage collector and the protection controllers do, until nothing is left for them to do. */
export function collectGarbage(store: ObjectStore): void {
  for (let busy = true; busy; ) busy = store.all().some((object) => collectOne(store, object));
}

function collectOne(store: ObjectStore, object: StoredObject): boolean {
  const { deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
  if (!deletionTimestamp) {
    const orphan = ownerReferences.length > 0 && ownerReferences.every((owner) => isLeaving(store, owner.uid));
    if (orphan) requestDeletion(store, object);
    return orphan;
  }
  if (finalizers.length === 0) {
    store.remove(object);
    return true;
  }
  const kept = finalizers.filter((finalizer) => !isFulfilled(store, object, finalizer));
  if (kept.length === finalizers.length) return false;
  store.replace({ ...object, metadata: { ...object.metadata, finalizers: kept } });
  return true;
}

function isFulfilled(store: ObjectStore, object: StoredObject, finalizer: string): boolean {
  if (finalizer === FOREGROUND_FINALIZER)
    return !store.all().some((one) => one.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid));
  if (finalizer !== CLAIM_FINALIZER) return false;
  return !store
    .list('Pod')
    .some(
      (pod) => pod.metadata.namespace === object.metadata.namespace && claimsOf(pod).includes(object.metadata.name),
    );
}

function isLeaving(store: ObjectStore, uid: string): boolean {
  const owner = store.all().find((one) => one.metadata.uid === uid);
  return !owner || owner.metadata.finalizers?.includes(FOREGROUND_FINALIZER) === true;
}

function claimsOf(pod: StoredObject): (string | undefined)[] {
  const spec = pod.spec as { volumes?: { persistentVolumeClaim?: { claimName: string } }[] } | undefined;
  return (spec?.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName);
}
