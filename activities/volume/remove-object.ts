import { FailureType } from '../../workflows/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Kind, ObjectOf, ObjectRef } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';

/** `Job demo/volsync-src-app`, as messages name an object. */
export const nameOf = (kind: Kind, ref: ObjectRef): string =>
  `${kind} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`;

export interface RemovalTarget<K extends Kind> {
  readonly kind: K;
  readonly ref: ObjectRef;
  /** Whether what stands there now is to go; asked again for every new state. What isn't is left alone and counts as gone. */
  readonly wanted: (object: ObjectOf[K]) => boolean;
  /** Holds the deletion back until it says yes. */
  readonly ready?: (object: ObjectOf[K]) => boolean;
}

export interface RemovalOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long this attempt waits for the object to go, milliseconds. */
  readonly patience: number;
  /** How long {@link RemovalTarget.ready} may hold the deletion back, milliseconds. */
  readonly readyPatience?: number;
}

/**
 * Deletes one object and waits until it is gone, by one watch and one delete. A Job goes in the foreground: it is gone
 * when its pods are. Returns whether there was something to remove. Throws CleanupFailed when it is still there in the end.
 */
export async function removeObject<K extends Kind>(
  { kind, ref, wanted, ready }: RemovalTarget<K>,
  { cluster, clock, signal, patience, readyPatience = 0 }: RemovalOptions,
): Promise<boolean> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let latest: ObjectOf[K] | undefined;
  let deletedUid: string | undefined;
  const removeLatest = async (): Promise<void> => {
    const uid = latest?.metadata?.uid;
    if (!latest || deletedUid === uid || either.aborted) return;
    deletedUid = uid;
    if (latest.metadata?.deletionTimestamp) return;
    await cluster.delete(kind, ref, uid === undefined ? {} : { uid });
  };
  let failed: unknown;
  const guard = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      failed ??= error;
      stop.abort();
    });
  const hurry = guard(ready ? clock.sleep(readyPatience, either).then(removeLatest) : Promise.resolve());
  let timedOut = false;
  const limit = clock.sleep(patience + (ready ? readyPatience : 0), either).then(() => {
    if (either.aborted) return;
    timedOut = true;
    stop.abort();
  });
  try {
    for await (const { type, object } of cluster.watch(kind, { ...ref }, either)) {
      if (type === 'Gone' || !wanted(object)) return deletedUid !== undefined;
      latest = object;
      if (!ready || ready(object)) await removeLatest();
    }
  } finally {
    stop.abort();
    await Promise.all([hurry, limit]);
  }
  if (failed) throw failed;
  const stuck = timedOut ? 'is still there' : 'could not be followed to its end';
  throw new PortError(FailureType.CleanupFailed, `${nameOf(kind, ref)} was deleted and ${stuck}${finalizers(latest)}`);
}

function finalizers(object: { metadata?: { finalizers?: string[] } } | undefined): string {
  const names = object?.metadata?.finalizers ?? [];
  return names.length === 0 ? '' : ` (held by ${names.join(', ')})`;
}
