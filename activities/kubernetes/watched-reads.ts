import type { ActivityLog } from '../ports/activity-log.ts';
import type { Cluster, Kind, ObjectRef } from '../ports/cluster.ts';
import type { ConnectedCluster } from './client.ts';
import { type RewatchTiming, WatchedKind, type WatchRule } from './watched-kind.ts';

/** The kinds of which one watch each is kept. */
export type WatchRules = { readonly [K in Kind]?: WatchRule<K> };

const defaultTiming: RewatchTiming = { firstMilliseconds: 1_000, longestMilliseconds: 60_000 };

/**
 * Any cluster, with `get` of some kinds answered from one long-lived watch for each, which begins now and ends with `close`.
 * An object that the watch does not know is asked for, so one that was just made is never missed; this process reads what
 * it wrote itself. What others changed may be seen late, by milliseconds or, while the watch's connection is half open,
 * by its idle limit (watch.ts): a read that decides a write uses `list`, which always asks.
 */
export function watchReads(
  cluster: Cluster,
  rules: WatchRules,
  log: ActivityLog,
  timing: RewatchTiming = defaultTiming,
): ConnectedCluster {
  const stop = new AbortController();
  const watched = new Map<Kind, unknown>();
  const keep = <K extends Kind>(kind: K, rule: WatchRule<K>): void => {
    const one = new WatchedKind(cluster, kind, rule);
    watched.set(kind, one);
    void one.follow(stop.signal, timing, log);
  };
  for (const [kind, rule] of Object.entries(rules)) keep(kind as Kind, rule as WatchRule<Kind>);

  // `keep` filed each under its own kind.
  const watchOf = <K extends Kind>(kind: K) => watched.get(kind) as WatchedKind<K> | undefined;
  const writing = async <T>(kind: Kind, ref: ObjectRef, write: () => Promise<T>): Promise<T> => {
    try {
      return await write();
    } finally {
      watchOf(kind)?.noteWrite(ref);
    }
  };
  return {
    get: (kind, ref) => (watchOf(kind) ?? { get: () => cluster.get(kind, ref) }).get(ref),
    list: (kind, selector) => cluster.list(kind, selector),
    create: (kind, object) => {
      const { namespace, name = '' } = object.metadata ?? {};
      const ref = { name, ...(namespace === undefined ? {} : { namespace }) };
      return writing(kind, ref, () => cluster.create(kind, object));
    },
    patch: (kind, ref, patch, options) => writing(kind, ref, () => cluster.patch(kind, ref, patch, options)),
    jsonPatch: (kind, ref, operations) => writing(kind, ref, () => cluster.jsonPatch(kind, ref, operations)),
    applyStatus: (kind, ref, status, manager) =>
      writing(kind, ref, () => cluster.applyStatus(kind, ref, status, manager)),
    delete: (kind, ref, options) => writing(kind, ref, () => cluster.delete(kind, ref, options)),
    watch: (kind, selector, signal, onComplete) => cluster.watch(kind, selector, signal, onComplete),
    followLog: (pod, container, signal) => cluster.followLog(pod, container, signal),
    scrape: (address, port, path, signal) => cluster.scrape(address, port, path, signal),
    requestCounts: () => cluster.requestCounts(),
    close: () => stop.abort(),
  };
}
