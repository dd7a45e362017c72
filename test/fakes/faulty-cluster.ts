import type { Cluster, Kind } from '../../activities/ports/cluster.ts';
import { FaultMoment, type FaultPlan } from './fault-plan.ts';

/** Any cluster with planned faults around its calls. `followLog` counts as a call about a Pod. */
export function faultyCluster(cluster: Cluster, plan: FaultPlan): Cluster {
  const meet = async (method: string, kind: Kind | undefined, moment: FaultMoment, name?: string): Promise<void> => {
    const fault = plan.take(method, kind, moment, name);
    await fault?.hold?.();
    if (fault?.error) throw fault.error;
  };
  const around = async <T>(
    method: string,
    kind: Kind | undefined,
    call: () => Promise<T>,
    ref?: { readonly name: string },
  ): Promise<T> => {
    await meet(method, kind, FaultMoment.Before, ref?.name);
    const result = await call();
    await meet(method, kind, FaultMoment.After, ref?.name);
    return result;
  };
  async function* stream<T>(method: string, kind: Kind, open: () => AsyncIterable<T>): AsyncGenerator<T> {
    await meet(method, kind, FaultMoment.Before);
    for await (const item of open()) {
      yield item;
      // After each item: the connection breaks in the middle.
      await meet(method, kind, FaultMoment.After);
    }
  }
  return {
    get: (kind, ref) => around('get', kind, () => cluster.get(kind, ref), ref),
    list: (kind, selector) => around('list', kind, () => cluster.list(kind, selector)),
    create: (kind, object) => around('create', kind, () => cluster.create(kind, object)),
    patch: (kind, ref, patch, options) => around('patch', kind, () => cluster.patch(kind, ref, patch, options), ref),
    jsonPatch: (kind, ref, operations) =>
      around('jsonPatch', kind, () => cluster.jsonPatch(kind, ref, operations), ref),
    applyStatus: (kind, ref, status, manager) =>
      around('applyStatus', kind, () => cluster.applyStatus(kind, ref, status, manager), ref),
    delete: (kind, ref, options) => around('delete', kind, () => cluster.delete(kind, ref, options), ref),
    watch: (kind, selector, signal, onComplete) =>
      stream('watch', kind, () => cluster.watch(kind, selector, signal, onComplete)),
    followLog: (pod, container, signal) => stream('followLog', 'Pod', () => cluster.followLog(pod, container, signal)),
    scrape: (address, port, path, signal) =>
      around('scrape', undefined, () => cluster.scrape(address, port, path, signal)),
    requestCounts: () => cluster.requestCounts(),
  };
}
