import { inject } from 'vitest';
import { connectCluster } from '../../activities/kubernetes/client.ts';
import { clusterConformance } from '../conformance/cluster.ts';
import { uniqueName } from '../conformance/cluster-objects.ts';
import { gone } from '../conformance/cluster-waits.ts';
import '../provided.ts';

clusterConformance('on a real API server', async () => {
  const platform = inject('platform');
  const cluster = connectCluster({ type: 'Kubeconfig', path: platform.kubeconfig, context: platform.context });
  const namespace = `conformance-${uniqueName()}`;
  await cluster.create('Namespace', { metadata: { name: namespace } });
  const dispose = async (): Promise<void> => {
    await cluster.delete('Namespace', { name: namespace });
    await gone(cluster, 'Namespace', { name: namespace });
    cluster.close();
  };
  return { cluster, namespace, storageClass: platform.storageClass, image: platform.images.app, dispose };
});
