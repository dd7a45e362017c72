import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { buildStorageClass } from '../../platform/csi/manifests.ts';
import { DRIVER_NAME } from '../../platform/layout/paths.ts';
import type { Platform } from '../../platform/types.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { createHostWorkers, type HostWorkers } from './host-workers.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { claimManifest, namespaceManifest } from './objects.ts';
import { until } from './until.ts';
import { createAccounts } from './worker-accounts.ts';

export interface WorldOptions {
  /** Part of every name; at most 12 characters. */
  readonly name: string;
  readonly platform: Platform;
  readonly stowageImage: string;
  /** A repository volume of exactly this size, so that it can be full. */
  readonly repositorySize?: string;
  /** Keys of a Secret whose repository is in an object store; a volume where left out. */
  readonly objectStore?: Readonly<Record<string, string>>;
  /** Environment of the control and movers workers. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One test file's own world on the shared platform: Temporal namespace, repository, workers, Kubernetes namespaces. */
export interface World {
  readonly name: string;
  readonly platform: Platform;
  readonly kubectl: Kubectl;
  readonly client: Client;
  readonly workers: HostWorkers;
  readonly password: string;
  readonly objectStore?: Readonly<Record<string, string>>;
  readonly sharedClass: string;
  readonly repositorySize: string;
  /** The repository's folder as this machine sees it. */
  readonly repositoryPath: string;
  /** Names of the Kubernetes namespaces that `close` removes. */
  readonly namespaces: string[];
  /** Logs of the workers. */
  readonly directory: string;
  close(): Promise<void>;
}

const READY_SECONDS = 60;

/** Everything up to an initialised repository and three running workers. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { platform } = options;
  // A platform that is kept between two runs still holds the last one's repository, and namespaces that are on their way out.
  const name = `${options.name}-${randomBytes(2).toString('hex')}`;
  const kubectl = createKubectl(platform.tools.kubectl!, platform.kubeconfig);
  const stowageNamespace = `stowage-${name}`;
  const sharedClass = `shared-${name}`;
  const limited = options.repositorySize !== undefined;
  const repositorySize = options.repositorySize ?? '5Gi';
  const sharedClassOptions = {
    name: sharedClass,
    driverName: DRIVER_NAME,
    shared: name,
    rootMode: '2777',
    rootGroup: 1000,
  };
  await kubectl.apply(
    buildStorageClass(limited ? { ...sharedClassOptions, limited } : sharedClassOptions),
    namespaceManifest(stowageNamespace, false),
    claimManifest(stowageNamespace, 'kopia', sharedClass, repositorySize, 'ReadWriteMany'),
  );
  await kubectl.run(
    'wait',
    '-n',
    stowageNamespace,
    'pvc/kopia',
    '--for=jsonpath={.status.phase}=Bound',
    '--timeout=60s',
  );
  const store = join(platform.directory, 'csi/volumes');
  const repositoryPath = join(store, limited ? 'mounts' : 'store', 'shared', name);

  const temporalNamespace = `world-${name}`;
  const connection = await Connection.connect({ address: platform.temporal.address });
  await ensureTemporalNamespace(connection, temporalNamespace);
  const client = new Client({ connection, namespace: temporalNamespace });
  const directory = await mkdtemp(join(tmpdir(), `stowage-${name}-`));
  const password = randomBytes(12).toString('hex');
  const accounts = await createAccounts({ kubectl, namespace: stowageNamespace, world: name, directory });
  const workers = createHostWorkers({
    platform,
    kubeconfigs: accounts.kubeconfigs,
    temporalNamespace,
    stowageImage: options.stowageImage,
    stowageNamespace,
    watchNamespaces: `${name}-*`,
    repository: { name: 'kopia', path: repositoryPath, password },
    directory,
    ...(options.environment ? { environment: options.environment } : {}),
  });
  const namespaces = [stowageNamespace];
  const world: World = {
    ...{
      name,
      platform,
      kubectl,
      client,
      workers,
      password,
      sharedClass,
      repositorySize,
      repositoryPath,
      namespaces,
      directory,
      ...(options.objectStore ? { objectStore: options.objectStore } : {}),
    },
    async close() {
      await workers.stopAll();
      await connection.close();
      await accounts.remove();
      await kubectl.run('delete', 'namespace', ...namespaces, '--ignore-not-found', '--wait=false');
      await kubectl.run('delete', 'storageclass', sharedClass, '--ignore-not-found');
      if (!process.env.STOWAGE_KEEP) await rm(directory, { recursive: true, force: true });
    },
  };
  await Promise.all([
    workers.start('control'),
    workers.start('movers'),
    workers.start('repository', options.objectStore),
  ]);
  await client.workflow.execute('initRepository', { taskQueue: CONTROL_QUEUE, workflowId: 'init/kopia', args: [{}] });
  return world;
}

async function ensureTemporalNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService
    .registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 } as never })
    .catch((error: Error) => {
      if (!/already exists/i.test(error.message)) throw error;
    });
  // The server's other parts learn of a new namespace with their next refresh.
  await until(`Temporal namespace ${namespace}`, READY_SECONDS, async () => {
    await new Client({ connection, namespace }).workflow.count();
    return true;
  });
}
