import { clusterConformance } from '../conformance/cluster.ts';
import { claimBinder } from '../fakes/claim-binder.ts';
import { InMemoryCluster } from '../fakes/in-memory-cluster.ts';
import { jobRunner } from '../fakes/job-runner.ts';
import { shellScript } from '../fakes/shell-script.ts';

clusterConformance('in memory', async () => {
  const binder = claimBinder({
    refuse: ({ spec }) => (spec as { storageClassName?: string }).storageClassName === 'no-such-class',
  });
  const cluster = new InMemoryCluster({
    namespaces: ['suite'],
    controllers: [binder, jobRunner({ run: shellScript })],
  });
  const dispose = async (): Promise<void> => cluster.verifyControllers();
  return { cluster, namespace: 'suite', storageClass: 'fast', image: 'any', dispose };
});
