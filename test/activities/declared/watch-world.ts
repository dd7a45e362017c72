import type { WatchDependencies } from '../../../activities/declared/declared-context.ts';
import { watchDeclaredObjects } from '../../../activities/declared/watch-declared.ts';
import type { Cluster, DeclaredObject } from '../../../activities/ports/cluster.ts';
import type { DeclaredKind } from '../../../api/declared-object.ts';
import { FaultPlan } from '../../fakes/fault-plan.ts';
import { faultyCluster } from '../../fakes/faulty-cluster.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { InMemoryOrchestrator } from '../../fakes/in-memory-orchestrator.ts';
import { manifest } from '../../schedules/manifests.ts';
import { NAMESPACE, type SmallWorld, settings, smallWorld } from '../small-world.ts';

export const SECRET = 'app-volsync-secret';

/** A cluster with one namespace, a watch over it, and time that a test lets pass. */
export interface WatchWorld {
  readonly cluster: InMemoryCluster;
  readonly faults: FaultPlan;
  readonly orchestrator: InMemoryOrchestrator;
  readonly small: SmallWorld;
  /** Lets so many seconds pass, in which everything that waits for them happens. */
  pass(seconds: number): Promise<void>;
  /** The watch dies and another takes over. */
  restart(): void;
  /** Rejects with what the watch ended with. */
  ended(): Promise<unknown>;
  stop(): void;
  apply(object: object): Promise<void>;
  status(kind: DeclaredKind, name: string): Promise<NonNullable<DeclaredObject['status']>>;
  /** `True/Reason: message` of one condition. */
  condition(kind: DeclaredKind, name: string, type: string): Promise<string | undefined>;
}

export async function watchWorld(): Promise<WatchWorld> {
  const cluster = new InMemoryCluster({ namespaces: [NAMESPACE, settings.stowageNamespace] });
  const faults = new FaultPlan();
  const small = smallWorld(faultyCluster(cluster, faults));
  const orchestrator = new InMemoryOrchestrator(() => small.clock.now());
  const dependencies: WatchDependencies = {
    ...small.dependencies,
    orchestrator,
    watch: { isWatched: (namespace) => namespace === NAMESPACE, repository: 'kopia' },
    stopping: new AbortController().signal,
  };
  await cluster.create('Secret', {
    metadata: { namespace: NAMESPACE, name: SECRET },
    data: { KOPIA_PASSWORD: 'cGFzcw==' },
  });
  await cluster.create('PersistentVolumeClaim', {
    metadata: { namespace: NAMESPACE, name: 'kopia' },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
  });
  let current = small.start(() => watchDeclaredObjects(dependencies));
  const stop = (): void => current.cancel();
  return {
    ...{ cluster, faults, orchestrator, small, stop },
    pass: (seconds) => small.clock.until(small.clock.sleep(seconds * 1000)),
    ended: () => current.result,
    restart() {
      stop();
      current = small.start(() => watchDeclaredObjects(dependencies), small.heartbeats.at(-1));
    },
    apply: (object) => apply(cluster, object as DeclaredObject),
    async status(kind, name) {
      return (await cluster.get(kind, { namespace: NAMESPACE, name }))?.status ?? {};
    },
    async condition(kind, name, type) {
      const status = (await cluster.get(kind, { namespace: NAMESPACE, name }))?.status;
      const found = status?.conditions?.find((one) => one.type === type);
      return found && `${found.status}/${found.reason}: ${found.message}`;
    },
  };
}

/** As a GitOps tool does it: made where it is missing, its spec replaced where it is not. */
async function apply(cluster: Cluster, object: DeclaredObject): Promise<void> {
  const kind = object.kind as DeclaredKind;
  const { namespace = NAMESPACE, name = '' } = object.metadata ?? {};
  const made = await cluster.create(kind, { ...object, metadata: { ...object.metadata, namespace } });
  if (!made) await cluster.jsonPatch(kind, { namespace, name }, [{ op: 'replace', path: '/spec', value: object.spec }]);
}

/** A claim as the cluster has it. */
export async function addClaim(
  { cluster }: WatchWorld,
  name: string,
  more: { readonly phase?: string; readonly populatedBy?: string; readonly annotations?: Record<string, string> } = {},
): Promise<void> {
  const { phase = 'Bound', populatedBy, annotations } = more;
  await cluster.create('PersistentVolumeClaim', {
    metadata: { namespace: NAMESPACE, name, ...(annotations ? { annotations } : {}) },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(populatedBy
        ? { dataSourceRef: { apiGroup: 'volsync.backube', kind: 'ReplicationDestination', name: populatedBy } }
        : {}),
    },
  });
  cluster.update('PersistentVolumeClaim', { namespace: NAMESPACE, name }, { status: { phase } });
}

export const removeClaim = ({ cluster }: WatchWorld, name: string): void => {
  const ref = { namespace: NAMESPACE, name };
  cluster.update('PersistentVolumeClaim', ref, { metadata: { finalizers: null } });
  void cluster.delete('PersistentVolumeClaim', ref);
};

export const source = (change: Parameters<typeof manifest>[0] = {}): object => manifest(change);

export const destination = (
  change: { name?: string; spec?: object; kopia?: object; status?: object } = {},
): object => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'ReplicationDestination',
  metadata: { name: change.name ?? 'app-dst', namespace: NAMESPACE },
  spec: {
    trigger: { manual: 'restore-once' },
    kopia: {
      repository: SECRET,
      destinationPVC: 'app-config',
      copyMethod: 'Direct',
      capacity: '1Gi',
      accessModes: ['ReadWriteOnce'],
      ...change.kopia,
    },
    ...change.spec,
  },
  ...(change.status && { status: change.status }),
});
