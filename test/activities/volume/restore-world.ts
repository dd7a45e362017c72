import { createControlActivities } from '../../../activities/control-activities.ts';
import { buildCheckJob } from '../../../activities/mover/check-job.ts';
import { buildEmptyJob, buildRestoreJob } from '../../../activities/mover/restore-job.ts';
import type { Cluster } from '../../../activities/ports/cluster.ts';
import type { RunReference } from '../../../workflows/backup/contract.ts';
import type { RestoreStep, VolumePlan } from '../../../workflows/restore/contract.ts';
import { claimBinder } from '../../fakes/claim-binder.ts';
import type { Controller } from '../../fakes/controller-runner.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { jobRunner } from '../../fakes/job-runner.ts';
import { NAMESPACE, OWN_RUN, restorePlan, restoreStep, settings, smallWorld, UNIQUE_ID } from '../small-world.ts';

export const TARGET = { namespace: NAMESPACE, name: 'app-config' };
export const STAGING = { namespace: NAMESPACE, name: 'stowage-app-dst-staging' };
export const DESTINATION = { namespace: NAMESPACE, name: 'app-dst' };
export const POPULATED = { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: 'app-dst' };

export type RestoreWorld = Awaited<ReturnType<typeof createRestoreWorld>>;

/** A cluster with volumes, Jobs that succeed, a repository, and what restores are made of. */
export async function createRestoreWorld(controllers: readonly Controller[] = []) {
  const cluster = new InMemoryCluster({
    namespaces: [NAMESPACE, 'stowage-system'],
    controllers: [
      jobRunner({ run: () => ({ exitCode: 0 }) }),
      // A populated claim is bound by the volume's own reservation only.
      claimBinder({ refuse: (claim) => waitsForVolume(claim as never) }),
      bindReserved,
      ...controllers,
    ],
  });
  await cluster.create('Secret', {
    metadata: { namespace: NAMESPACE, name: 'app-volsync-secret' },
    data: { KOPIA_PASSWORD: 'c2VjcmV0' },
  });
  await cluster.create('ConfigMap', {
    metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
    data: { uniqueId: UNIQUE_ID },
  });
  const claim = (name: string, spec: object = {}, annotations: Record<string, string> = {}) =>
    cluster.create('PersistentVolumeClaim', {
      metadata: { namespace: NAMESPACE, name, annotations },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '10Gi' } },
        ...spec,
      },
    });
  await claim('kopia');
  const small = smallWorld(cluster);
  const activitiesOn = (on: Cluster) => createControlActivities({ ...small.dependencies, cluster: on });
  const activities = activitiesOn(cluster);

  /** A staging claim of the run, bound, with its Jobs ended, as it is when the volume is delivered. */
  async function staged(run: RunReference = OWN_RUN, plan: VolumePlan = restorePlan): Promise<string> {
    const step = { ...restoreStep({}, run), plan };
    await small.run(() => activities.stageRestore(step));
    if (plan.snapshot) {
      const filled = { ...step, plan: { ...plan, snapshot: plan.snapshot } };
      await cluster.create('Job', buildRestoreJob(filled, settings));
      await cluster.create('Job', buildCheckJob(filled, settings));
    } else await cluster.create('Job', buildEmptyJob(step, settings));
    await small.clock.until(
      (async () => {
        for await (const { object } of cluster.watch('PersistentVolumeClaim', STAGING, AbortSignal.timeout(5_000))) {
          if (object.status?.phase === 'Bound') return;
        }
      })(),
    );
    return (await cluster.get('PersistentVolumeClaim', STAGING))!.spec!.volumeName!;
  }

  /** The object that declares the restore, and the step of a run that it declares. */
  async function declare(status: object = {}, request: Parameters<typeof restoreStep>[0] = {}): Promise<RestoreStep> {
    const made = await cluster.create('ReplicationDestination', { metadata: { ...DESTINATION }, spec: { kopia: {} } });
    cluster.update('ReplicationDestination', DESTINATION, { status });
    return { ...restoreStep({ declared: true, ...request }), destinationUid: made!.metadata!.uid! };
  }

  return { ...small, cluster, claim, staged, declare, activities, activitiesOn };
}

const waitsForVolume = (object: { spec: { dataSourceRef?: unknown; volumeName?: string } }): boolean =>
  object.spec.dataSourceRef !== undefined && !object.spec.volumeName;

/** The volume controller's part that the fake has not: a volume reserved with a uid binds its claim. */
const bindReserved = (change: { type: string; object: { kind?: string } }, on: InMemoryCluster): void => {
  if (change.type === 'Gone' || change.object.kind !== 'PersistentVolume') return;
  const volume = change.object as unknown as {
    metadata: { name: string };
    spec: { claimRef?: { namespace: string; name: string; uid?: string } };
  };
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return;
  const target = on.store.get('PersistentVolumeClaim', claimRef);
  if (!target || target.metadata.uid !== claimRef.uid || !waitsForVolume(target as never)) return;
  on.update('PersistentVolumeClaim', claimRef, {
    spec: { volumeName: volume.metadata.name },
    status: { phase: 'Bound' },
  });
  on.update('PersistentVolume', { name: volume.metadata.name }, { status: { phase: 'Bound' } });
};
