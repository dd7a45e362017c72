import type { Cluster } from '../../../activities/ports/cluster.ts';
import { PortError } from '../../../activities/ports/port-error.ts';

/** Thrown in the place of the worker's death. */
export class Crash extends PortError {
  constructor() {
    super('ClusterUnreachable', 'the worker died here');
  }
}

/** A cluster whose n-th write takes effect and then loses its caller, as a SIGKILL between two steps does. */
export function crashAfterWrite(cluster: Cluster, n: number): Cluster {
  let writes = 0;
  const write = async <T>(call: () => Promise<T>): Promise<T> => {
    if (writes >= n) throw new Crash();
    const result = await call();
    writes++;
    if (writes >= n) throw new Crash();
    return result;
  };
  return {
    get: (kind, ref) => cluster.get(kind, ref),
    list: (kind, selector) => cluster.list(kind, selector),
    create: (kind, object) => write(() => cluster.create(kind, object)),
    patch: (kind, ref, patch, options) => write(() => cluster.patch(kind, ref, patch, options)),
    jsonPatch: (kind, ref, operations) => write(() => cluster.jsonPatch(kind, ref, operations)),
    applyStatus: (kind, ref, status, manager) => write(() => cluster.applyStatus(kind, ref, status, manager)),
    delete: (kind, ref, options) => write(() => cluster.delete(kind, ref, options)),
    watch: (kind, selector, signal, onComplete) => cluster.watch(kind, selector, signal, onComplete),
    followLog: (pod, container, signal) => cluster.followLog(pod, container, signal),
    scrape: (address, port, path, signal) => cluster.scrape(address, port, path, signal),
    requestCounts: () => cluster.requestCounts(),
  };
}
