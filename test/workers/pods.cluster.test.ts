import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { buildStorageClass } from '../../platform/csi/manifests.ts';
import { DRIVER_NAME } from '../../platform/layout/paths.ts';
import { applicationRepositoryObjects, readRepositoryPassword } from '../../platform/worker/repository-objects.ts';
import { deployWorker, removeWorker } from '../../platform/worker.ts';
import { BACKUP_VOLUME, type BackupVolumeResult } from '../../workflows/backup/contract.ts';
import { INIT_REPOSITORY } from '../../workflows/repository/contract.ts';
import { RESTORE_VOLUME, type RestoreVolumeResult } from '../../workflows/restore/contract.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { createKubectl } from '../system/kubectl.ts';
import { claimManifest, namespaceManifest, scriptJobManifest } from '../system/objects.ts';

const platform = inject('platform');
const image = inject('stowageImage');
const kubectl = createKubectl(platform.tools.kubectl!, platform.kubeconfig);
const SHARED = 'shared-pods';
const SYSTEM = 'stowage-system';
const DEMO = 'pods-demo';

let connection: Connection;
let client: Client;

/** Other tests on this platform declare objects meanwhile, which are not these workers' business. */
const settings = { STOWAGE_WATCH_NAMESPACES: `${DEMO},${SYSTEM}` };
const deploy = () => deployWorker(platform, { image, storageClass: SHARED, settings, log: () => undefined });
const podUids = async (): Promise<string[]> =>
  (await kubectl.list(SYSTEM, 'pods')).map(({ metadata }) => metadata.uid).sort();

async function execute<T>(type: string, workflowId: string, input: object): Promise<T> {
  return (await client.workflow.execute(type, { taskQueue: CONTROL_QUEUE, workflowId, args: [input] })) as T;
}

async function canI(role: string, verb: string, resource: string, namespace: string): Promise<boolean> {
  const account = `system:serviceaccount:${SYSTEM}:stowage-${role}`;
  const said = await kubectl
    .run('auth', 'can-i', verb, resource, '--as', account, '--namespace', namespace)
    .catch(() => 'no');
  return said.trim() === 'yes';
}

beforeAll(async () => {
  connection = await Connection.connect({ address: platform.temporal.address });
  client = new Client({ connection });
  await kubectl.apply(
    buildStorageClass({ name: SHARED, driverName: DRIVER_NAME, shared: 'pods', rootMode: '2777', rootGroup: 1000 }),
  );
  await deploy();
});

afterAll(async () => {
  await kubectl.run('delete', 'namespace', DEMO, SYSTEM, '--ignore-not-found', '--wait=true', '--timeout=120s');
  await kubectl.run('delete', 'storageclass', SHARED, '--ignore-not-found');
  await connection.close();
});

describe("the workers as pods of the platform, from the product's own manifests", () => {
  it('poll the queue of their role', async () => {
    for (const [queue, type] of [
      ['control', 'WORKFLOW'],
      ['control', 'ACTIVITY'],
      ['movers', 'ACTIVITY'],
      ['repository/kopia', 'ACTIVITY'],
    ] as const) {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: queue },
        taskQueueType: type === 'WORKFLOW' ? 1 : 2,
      });
      expect(pollers?.map(({ identity }) => identity)).toContainEqual(
        expect.stringMatching(new RegExp(`@stowage-${queue.split('/')[0]}-`)),
      );
    }
  });

  it('are not replaced when nothing has changed', async () => {
    const before = await podUids();
    await deploy();
    expect(await podUids()).toEqual(before);
  });

  it('have the rights for a whole round with nothing but their own accounts: init, backup of each kind, restore', async () => {
    const password = await readRepositoryPassword(platform);
    await kubectl.apply(
      namespaceManifest(DEMO, false),
      ...applicationRepositoryObjects(DEMO, 'app-volsync-secret', password!, { storageClass: SHARED }),
      claimManifest(DEMO, 'app-config', platform.storageClass, '64Mi'),
      scriptJobManifest(DEMO, 'fill', platform.images.app, 'app-config', 'mkdir /data/a && echo hello > /data/a/file'),
    );
    await kubectl.run('wait', 'job/fill', '--namespace', DEMO, '--for=condition=Complete', '--timeout=90s');
    await execute(INIT_REPOSITORY, 'init/kopia', {});
    const volume = { namespace: DEMO, claim: 'app-config' };
    for (const copyMethod of ['Snapshot', 'Clone', 'Direct']) {
      const result = await execute<BackupVolumeResult>(BACKUP_VOLUME, `backup/${DEMO}`, { ...volume, copyMethod });
      expect(result).toMatchObject({ outcome: 'Succeeded', files: 1 });
    }
    await kubectl.run('delete', 'job', 'fill', '--namespace', DEMO, '--wait');
    await kubectl.run('delete', 'pvc', 'app-config', '--namespace', DEMO, '--wait');
    const restored = await execute<RestoreVolumeResult>(RESTORE_VOLUME, `restore/${DEMO}`, volume);
    expect(restored).toMatchObject({ outcome: 'Restored', files: 1 });
  });

  it('have no more: no Secret for movers, nothing at all beside the repository, nobody may list Secrets', async () => {
    expect(await canI('control', 'get', 'secrets', DEMO)).toBe(true);
    expect(await canI('control', 'list', 'secrets', DEMO)).toBe(false);
    expect(await canI('control', 'create', 'jobs.batch', DEMO)).toBe(false);
    expect(await canI('control', 'get', 'configmaps', DEMO)).toBe(false);
    expect(await canI('movers', 'get', 'secrets', DEMO)).toBe(false);
    expect(await canI('movers', 'create', 'jobs.batch', DEMO)).toBe(true);
    expect(await canI('repository', 'get', 'pods', SYSTEM)).toBe(false);
  });

  it('write the password of the repository nowhere', async () => {
    const password = (await readRepositoryPassword(platform))!;
    for (const role of ['control', 'movers', 'repository']) {
      const log = await kubectl.run('logs', `deployment/stowage-${role}`, '--namespace', SYSTEM);
      expect(log).toContain('worker polls its queue');
      expect(log).not.toContain(password);
    }
    for (const workflowId of [`backup/${DEMO}`, `restore/${DEMO}`]) {
      const history = JSON.stringify(await client.workflow.getHandle(workflowId).fetchHistory());
      expect(history).not.toContain(password);
      expect(history).not.toContain(Buffer.from(password).toString('base64').slice(0, 20));
    }
  });

  it('go when they are removed, and leave the repository its claim and its Secret', async () => {
    await removeWorker(platform);
    expect(await kubectl.list(SYSTEM, 'deployments')).toEqual([]);
    expect((await kubectl.list(SYSTEM, 'pvc')).map(({ metadata }) => metadata.name)).toEqual(['kopia']);
    expect(await readRepositoryPassword(platform)).toBeDefined();
    expect(await kubectl.run('get', 'clusterrole', 'stowage-control', '--ignore-not-found')).toBe('');
  });
});
