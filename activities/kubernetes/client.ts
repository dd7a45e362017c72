import type { Cluster } from '../ports/cluster.ts';
import { AccessProvider, type ClusterLocation } from './access.ts';
import { defaultLogTiming, LogFollower, type LogTiming } from './logs.ts';
import { Objects } from './objects.ts';
import { RequestCounter } from './request-counter.ts';
import { scrapePage } from './scrape.ts';
import { Transport } from './transport.ts';
import { defaultWatchTiming, Watcher, type WatchTiming } from './watch.ts';

export interface ClusterOptions {
  /** Deadline of every call that has one answer, seconds; default 10. */
  readonly timeoutSeconds?: number;
  readonly watchTiming?: Partial<WatchTiming>;
  readonly logTiming?: Partial<LogTiming>;
}

/** A cluster that holds connections until it is closed. */
export interface ConnectedCluster extends Cluster {
  close(): void;
}

/**
 * The `Cluster` port on a real API server. Opens no connection yet.
 * Throws PortError InvalidSpec when the kubeconfig, or its context, can't be used.
 */
export function connectCluster(location: ClusterLocation, options: ClusterOptions = {}): ConnectedCluster {
  const access = new AccessProvider(location);
  const counter = new RequestCounter();
  const transport = new Transport(access, counter, (options.timeoutSeconds ?? 10) * 1000);
  const objects = new Objects(transport);
  const watcher = new Watcher(transport, { ...defaultWatchTiming, ...options.watchTiming });
  const logs = new LogFollower(transport, watcher, { ...defaultLogTiming, ...options.logTiming });
  return {
    get: (kind, ref) => objects.get(kind, ref),
    list: (kind, selector) => objects.list(kind, selector),
    create: (kind, object) => objects.create(kind, object),
    patch: (kind, ref, patch, patchOptions) => objects.patch(kind, ref, patch, patchOptions),
    jsonPatch: (kind, ref, operations) => objects.jsonPatch(kind, ref, operations),
    applyStatus: (kind, ref, status, manager) => objects.applyStatus(kind, ref, status, manager),
    delete: (kind, ref, deleteOptions) => objects.delete(kind, ref, deleteOptions),
    watch: (kind, selector, signal, onComplete) => watcher.watch(kind, selector, signal, onComplete),
    followLog: (pod, container, signal) => logs.follow(pod, container, signal),
    scrape: scrapePage,
    requestCounts: () => counter.read(),
    close: () => access.close(),
  };
}
