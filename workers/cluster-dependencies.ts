import { Client } from '@temporalio/client';
import type { ActivityDependencies } from '../activities/dependencies.ts';
import type { ClusterLocation } from '../activities/kubernetes/access.ts';
import { connectCluster } from '../activities/kubernetes/client.ts';
import { type WatchRules, watchReads } from '../activities/kubernetes/watched-reads.ts';
import { systemClock } from '../activities/ports/clock.ts';
import type { WorkerConfig } from './config.ts';
import { rememberSecrets } from './remembering-cluster.ts';
import { createRunRegistry } from './run-registry.ts';
import type { RoleContext } from './worker-options.ts';

/**
 * Configuration → everything that the activities on the cluster's side touch; what `watches` names is kept at hand.
 * @throws PortError InvalidSpec when the kubeconfig can't be used.
 */
export function createClusterDependencies(
  { config, connection, telemetry }: Pick<RoleContext, 'config' | 'connection' | 'telemetry'>,
  watches: WatchRules = {},
): {
  readonly dependencies: ActivityDependencies;
  readonly close: () => void;
} {
  const cluster = connectCluster(clusterLocation(config));
  const { workflow } = new Client({ connection, namespace: config.temporal.namespace });
  telemetry.metrics.countRequests(cluster.requestCounts);
  const log = telemetry.log.child({ component: 'activities' });
  const reads = watchReads(rememberSecrets(cluster, telemetry.redactor.remember), watches, log);
  return {
    dependencies: {
      cluster: reads,
      runs: createRunRegistry(workflow),
      clock: systemClock,
      settings: {
        stowageNamespace: config.namespace,
        kopiaImage: required(config.images.kopia),
        stowageImage: required(config.images.stowage),
        imagePullPolicy: config.images.pullPolicy,
      },
      log,
    },
    close: () => {
      reads.close();
      cluster.close();
    },
  };
}

/** A kubeconfig for work on the code, else the pod's own service account. */
function clusterLocation({ kubernetes: { kubeconfig, context } }: WorkerConfig): ClusterLocation {
  if (kubeconfig === undefined) return { type: 'InCluster' };
  return { type: 'Kubeconfig', path: kubeconfig, ...(context === undefined ? {} : { context }) };
}

/** `parseWorkerConfig` has refused a role that lacks it. */
function required(image: string | undefined): string {
  if (image === undefined) throw new TypeError('an image that was checked at the start is missing');
  return image;
}
