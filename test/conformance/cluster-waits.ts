import type { Cluster, Kind, ObjectOf, WatchEvent, WatchSelector } from '../../activities/ports/cluster.ts';

const LIMIT_MILLISECONDS = 60_000;

/** The first event of a watch that satisfies the condition. Throws after a minute without one. */
export async function next<K extends Kind>(
  cluster: Cluster,
  kind: K,
  selector: WatchSelector,
  condition: (event: WatchEvent<ObjectOf[K]>) => boolean = () => true,
): Promise<WatchEvent<ObjectOf[K]>> {
  const signal = AbortSignal.timeout(LIMIT_MILLISECONDS);
  for await (const event of cluster.watch(kind, selector, signal)) if (condition(event)) return event;
  throw new Error(`no such event of ${kind} ${JSON.stringify(selector)} within ${LIMIT_MILLISECONDS / 1000} s`);
}

/** The first object that satisfies the condition. */
export async function until<K extends Kind>(
  cluster: Cluster,
  kind: K,
  selector: WatchSelector,
  condition: (object: ObjectOf[K]) => boolean,
): Promise<ObjectOf[K]> {
  const present = ({ type, object }: WatchEvent<ObjectOf[K]>): boolean => type === 'Present' && condition(object);
  return (await next(cluster, kind, selector, present)).object;
}

/** Resolves when the named object does not exist, also when it never did. */
export async function gone(cluster: Cluster, kind: Kind, ref: { namespace?: string; name: string }): Promise<void> {
  await next(cluster, kind, ref, ({ type }) => type === 'Gone');
}
