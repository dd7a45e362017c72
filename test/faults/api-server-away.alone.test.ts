import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ConnectedCluster, connectCluster } from '../../activities/kubernetes/client.ts';
import { startComponent, stopComponent } from '../../platform/platform.ts';
import { shellJob, uniqueName } from '../conformance/cluster-objects.ts';
import '../provided.ts';

let cluster: ConnectedCluster;
const namespace = `outage-${uniqueName()}`;
const quiet = (): void => undefined;

beforeAll(async () => {
  cluster = connectCluster({ type: 'Kubeconfig', path: inject('platform').kubeconfig });
  await cluster.create('Namespace', { metadata: { name: namespace } });
});
afterAll(async () => {
  await cluster.delete('Namespace', { name: namespace });
  cluster.close();
});

describe('an API server that goes away', () => {
  it('costs a watch and a log nothing, and a call is told so', { timeout: 180_000 }, async () => {
    const platform = inject('platform');
    const under = { cluster, namespace, storageClass: '', image: platform.images.app, dispose: async () => undefined };
    const script = 'i=0; while [ $i -lt 80 ]; do i=$((i+1)); echo line $i; sleep 0.25; done';
    const name = uniqueName();
    const stop = new AbortController();
    const states: string[] = [];
    const watching = (async () => {
      for await (const { object, type } of cluster.watch(
        'ConfigMap',
        { namespace, labels: 'watched=yes' },
        stop.signal,
      ))
        states.push(`${type} ${object.data?.step}`);
    })();
    const make = (step: string) =>
      cluster.create('ConfigMap', {
        metadata: { namespace, name: `step-${step}`, labels: { watched: 'yes' } },
        data: { step },
      });
    await make('1');
    await make('2');
    await cluster.create('Job', shellJob(under, name, script));
    let pod = '';
    for await (const { object } of cluster.watch('Pod', { namespace, labels: `job-name=${name}` }, stop.signal)) {
      pod = object.metadata?.name ?? '';
      break;
    }
    const lines: string[] = [];
    for await (const line of cluster.followLog({ namespace, name: pod }, 'main', AbortSignal.timeout(150_000))) {
      lines.push(line);
      if (lines.length !== 10) continue;
      await stopComponent(platform, 'kube-apiserver', quiet);
      await expect(cluster.get('ConfigMap', { namespace, name: 'step-1' })).rejects.toMatchObject({
        type: 'ClusterUnreachable',
        message: expect.stringContaining('cannot get ConfigMap'),
      });
      await startComponent(platform, 'kube-apiserver', quiet);
      await cluster.delete('ConfigMap', { namespace, name: 'step-1' });
      await make('3');
    }
    expect(lines).toEqual(Array.from({ length: 80 }, (_, index) => `line ${index + 1}`));
    stop.abort();
    await watching;
    expect(states).toEqual(['Present 1', 'Present 2', 'Gone 1', 'Present 3']);
  });
});
