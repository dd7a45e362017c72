import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { Client, Connection } from '@temporalio/client';
import { repositoryRecordName } from '../api/names.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { upPlatform } from '../platform/platform.ts';
import type { Platform } from '../platform/types.ts';
import { applyObjects, deleteObjects, findObject } from '../platform/worker/kubectl.ts';
import type { KubernetesObject } from '../platform/worker/objects.ts';
import { applicationRepositoryObjects, readRepositoryPassword } from '../platform/worker/repository-objects.ts';
import { deployWorker } from '../platform/worker.ts';
import { INIT_REPOSITORY, initWorkflowId } from '../workflows/repository/contract.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';

export type Log = (line: string) => void;

/** The platform with Stowage on it, and a namespace of this benchmark's own. */
export interface Stage {
  readonly platform: Platform;
  readonly images: Platform['images'];
  readonly kube: KubeConfig;
  readonly temporal: Client;
  /** Stowage's own. */
  readonly workerNamespace: string;
  readonly namespace: string;
  readonly password: string;
  /** Folder on the storage of all volumes, as this machine sees it. */
  readonly store: string;
  readonly log: Log;
  apply(...objects: readonly KubernetesObject[]): Promise<void>;
  remove(...objects: readonly KubernetesObject[]): Promise<void>;
  close(): Promise<void>;
}

/** The repository's Secret in the benchmark's namespace; every request names it. */
export const SECRET = 'bench-volsync-secret';

/** Everything up to an initialised repository, three workers as pods, and a namespace that may use them. */
export async function openStage(name: string, log: Log): Promise<Stage> {
  const platform = await upPlatform({ name, log });
  const worker = await deployWorker(platform, { log });
  const password = await readRepositoryPassword(platform);
  if (password === undefined) throw new Error(`the Secret of the repository is missing in ${worker.namespace}`);
  const kube = new KubeConfig();
  kube.loadFromFile(platform.kubeconfig);
  const connection = await Connection.connect({ address: platform.temporal.address });
  const temporal = new Client({ connection, namespace: platform.temporal.namespace });
  const record = repositoryRecordName(DEFAULT_REPOSITORY);
  // A platform that was kept has its repository already, and `init` rightly refuses a second one.
  if (!(await findObject(platform, 'configmap', record, worker.namespace))) {
    const start = { taskQueue: CONTROL_QUEUE, workflowId: initWorkflowId(DEFAULT_REPOSITORY), args: [{}] };
    await temporal.workflow.execute(INIT_REPOSITORY, start);
  }
  // A platform that is kept serves more than one benchmark.
  const namespace = `bench-${Date.now().toString(36)}`;
  const space: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await applyObjects(platform, [space]);
  await applyObjects(platform, applicationRepositoryObjects(namespace, SECRET, password));
  return {
    platform,
    images: platform.images,
    kube,
    temporal,
    workerNamespace: worker.namespace,
    namespace,
    password,
    store: join(platform.directory, 'csi/volumes/store'),
    log,
    apply: (...objects) => applyObjects(platform, objects),
    remove: (...objects) => deleteObjects(platform, objects),
    async close() {
      await deleteObjects(platform, [space]);
      await connection.close();
    },
  };
}

/** Addresses of the worker pods by role. @throws Error when a role has not exactly one. */
export async function workerAddresses(
  { kube, workerNamespace }: Stage,
  roles: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { items } = await kube.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: workerNamespace });
  return new Map(
    roles.map((role) => {
      const ips = items
        .filter(
          ({ metadata, status }) =>
            metadata?.labels?.['app.kubernetes.io/component'] === role &&
            status?.phase === 'Running' &&
            !metadata.deletionTimestamp,
        )
        .map(({ status }) => status?.podIP ?? '');
      if (ips.length !== 1 || !ips[0])
        throw new Error(`the worker '${role}' has ${ips.length} running pods instead of one`);
      return [role, ips[0]];
    }),
  );
}
