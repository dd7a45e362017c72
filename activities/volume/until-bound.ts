import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** The binder and the provisioner may write the volume at once; who loses looks again only after a nudge (section 5). */
const FIRST_NUDGE_MILLISECONDS = 800;
const NEXT_NUDGE_MILLISECONDS = 1_500;

export interface Bound {
  /** As last seen; undefined when it was deleted. */
  readonly claim: V1PersistentVolumeClaim | undefined;
  readonly bound: boolean;
}

/** Waits until the claim is Bound, is gone, or `patience` (milliseconds) is over; nudges the binder by an annotation. */
export async function untilBound(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  ref: { readonly namespace: string; readonly name: string },
  patience: number,
  signal: AbortSignal,
): Promise<Bound> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = clock.sleep(patience, either).then(() => stop.abort());
  const nudging = nudge({ cluster, clock }, ref, either);
  let claim: V1PersistentVolumeClaim | undefined;
  try {
    for await (const { type, object } of cluster.watch('PersistentVolumeClaim', ref, either)) {
      if (type === 'Gone') return { claim: undefined, bound: false };
      claim = object;
      if (object.status?.phase === 'Bound') return { claim, bound: true };
    }
  } finally {
    stop.abort();
    await Promise.all([limit, nudging]);
  }
  return { claim, bound: false };
}

async function nudge(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  ref: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(FIRST_NUDGE_MILLISECONDS, signal);
  while (!signal.aborted) {
    const annotations = { [Annotation.nudged]: new Date(clock.now()).toISOString() };
    // A nudge that fails is no failure: the next one, or the binder's own round, does the same.
    await cluster.patch('PersistentVolumeClaim', ref, { metadata: { annotations } }).catch(() => undefined);
    await clock.sleep(NEXT_NUDGE_MILLISECONDS, signal);
  }
}
