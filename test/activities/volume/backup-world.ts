import { createControlActivities } from '../../../activities/control-activities.ts';
import { claimBinder } from '../../fakes/claim-binder.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { type ContainerScript, jobRunner } from '../../fakes/job-runner.ts';
import { snapshotController } from '../../fakes/snapshot-controller.ts';
import { NAMESPACE, smallWorld, UNIQUE_ID } from '../small-world.ts';

const end: ContainerScript = () => ({ exitCode: 0 });

export interface BackupWorldOptions {
  readonly run?: ContainerScript;
  readonly failSnapshot?: string;
}

export type BackupWorld = Awaited<ReturnType<typeof createBackupWorld>>;

/** An application's claim with everything that a backup needs, in memory; `verifyControllers` of its cluster belongs at the end. */
export async function createBackupWorld(options: BackupWorldOptions = {}) {
  const { failSnapshot } = options;
  const cluster = new InMemoryCluster({
    namespaces: [NAMESPACE, 'stowage-system'],
    controllers: [
      jobRunner({ run: options.run ?? end }),
      claimBinder({ refuse: ({ spec }) => (spec as { storageClassName?: string }).storageClassName === 'never' }),
      snapshotController(failSnapshot === undefined ? {} : { failWith: () => failSnapshot }),
    ],
  });
  const claim = (name: string) =>
    cluster.create('PersistentVolumeClaim', {
      metadata: { namespace: NAMESPACE, name },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '10Gi' } } },
    });
  await Promise.all([claim('app-config'), claim('kopia')]);
  await cluster.create('Secret', {
    metadata: { namespace: NAMESPACE, name: 'app-volsync-secret' },
    data: { KOPIA_PASSWORD: Buffer.from('very-secret-indeed').toString('base64') },
  });
  await cluster.create('ConfigMap', {
    metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
    data: { uniqueId: UNIQUE_ID },
  });
  const small = smallWorld(cluster);
  await small.clock.until(bound(cluster, 'app-config'));
  return { ...small, cluster, activities: createControlActivities(small.dependencies), claim };
}

async function bound(cluster: InMemoryCluster, name: string): Promise<void> {
  const ref = { namespace: NAMESPACE, name };
  for await (const { object } of cluster.watch('PersistentVolumeClaim', ref, AbortSignal.timeout(5_000))) {
    if (object.status?.phase === 'Bound') return;
  }
}
