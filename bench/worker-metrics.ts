import { type MetricSample, parseMetrics, requestsBetween, requestsOf } from './metrics-page.ts';
import { type Stage, workerAddresses } from './stage.ts';

const METRICS_PORT = 8080;

/** The workers that talk to the cluster. */
const CLUSTER_ROLES = ['control', 'movers'] as const;
export const ALL_ROLES = [...CLUSTER_ROLES, 'repository'] as const;

/** The metrics page of each role. @throws Error when one does not answer. */
export async function readWorkerMetrics(
  stage: Stage,
  roles: readonly string[],
): Promise<ReadonlyMap<string, readonly MetricSample[]>> {
  const addresses = await workerAddresses(stage, roles);
  const pages = await Promise.all(
    [...addresses].map(async ([role, address]): Promise<[string, readonly MetricSample[]]> => {
      const response = await fetch(`http://${address}:${METRICS_PORT}/metrics`, {
        signal: AbortSignal.timeout(10_000),
      });
      if (!response.ok) throw new Error(`the metrics of the worker '${role}' answer with ${response.status}`);
      return [role, parseMetrics(await response.text())];
    }),
  );
  return new Map(pages);
}

/** Does `work` and tells which Kubernetes API requests the workers made meanwhile, watches and log streams included. */
export async function withRequests<T>(
  stage: Stage,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly requests: Readonly<Record<string, number>> }> {
  const read = async () => requestsOf([...(await readWorkerMetrics(stage, CLUSTER_ROLES)).values()].flat());
  const before = await read();
  const value = await work();
  return { value, requests: requestsBetween(before, await read()) };
}
