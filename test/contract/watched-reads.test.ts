import { watchReads } from '../../activities/kubernetes/watched-reads.ts';
import { clusterConformance } from '../conformance/cluster.ts';
import { claimBinder } from '../fakes/claim-binder.ts';
import { InMemoryCluster } from '../fakes/in-memory-cluster.ts';
import { jobRunner } from '../fakes/job-runner.ts';
import { shellScript } from '../fakes/shell-script.ts';

clusterConformance('in memory, with reads from watches', async () => {
  const binder = claimBinder({
    refuse: ({ spec }) => (spec as { storageClassName?: string }).storageClassName === 'no-such-class',
  });
  const inner = new InMemoryCluster({
    namespaces: ['suite'],
    controllers: [binder, jobRunner({ run: shellScript })],
  });
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent };
  const cluster = watchReads(
    inner,
    { Namespace: { selector: {} }, ConfigMap: { selector: { namespace: 'suite' } } },
    log,
  );
  const dispose = async (): Promise<void> => {
    cluster.close();
    inner.verifyControllers();
  };
  return { cluster, namespace: 'suite', storageClass: 'fast', image: 'any', dispose };
});
