import type { WorkflowHandle } from '@temporalio/client';
import type { BackupRequest } from '../../api/backup-request.ts';
import type { RestoreRequest } from '../../api/restore-request.ts';
import { BACKUP_VOLUME, type BackupVolumeResult, backupWorkflowId } from '../../workflows/backup/contract.ts';
import type { ListSnapshotsResult, SnapshotSummary } from '../../workflows/repository/contract.ts';
import { RESTORE_VOLUME, type RestoreVolumeResult, restoreWorkflowId } from '../../workflows/restore/contract.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { claimManifest, namespaceManifest, scriptJobManifest, secretManifest } from './objects.ts';
import type { World } from './world.ts';

/** One application volume in a namespace of its own, with what the runs on it left behind. */
export interface Volume {
  readonly world: World;
  readonly namespace: string;
  readonly claim: string;
  readonly source: string;
  readonly destination: string;
}

/** Files that every test volume starts with; small, nested, and enough to be compared. */
const FILL = `mkdir -p /data/a/b/c /data/empty
for i in $(seq 1 40); do echo "file $i" > /data/a/file-$i; done
echo deep > /data/a/b/c/deep; ln -s ../a/file-1 /data/a/link; head -c 3000000 /dev/urandom > /data/a/b/noise`;

export interface VolumeOptions {
  readonly app: string;
  readonly privileged?: boolean;
  readonly fill?: string;
  readonly password?: string;
  readonly storage?: string;
}

/** A namespace with Secret, repository claim (unless the world's repository is in an object store) and a filled claim. */
export async function createVolume(world: World, options: VolumeOptions): Promise<Volume> {
  const { app, privileged = false } = options;
  const namespace = `${world.name}-${app}`;
  const volume: Volume = { world, namespace, claim: `${app}-config`, source: `${app}-src`, destination: `${app}-dst` };
  world.namespaces.push(namespace);
  await world.kubectl.apply(
    namespaceManifest(namespace, privileged),
    secretManifest(namespace, `${app}-volsync-secret`, options.password ?? world.password, world.objectStore),
    ...(world.objectStore
      ? []
      : [claimManifest(namespace, 'kopia', world.sharedClass, world.repositorySize, 'ReadWriteMany')]),
    claimManifest(namespace, volume.claim, world.platform.storageClass, options.storage ?? '256Mi'),
  );
  await runScript(volume, options.fill ?? FILL);
  return volume;
}

/** Runs a shell script in a pod that mounts the claim at /data, and returns its output. */
export async function runScript({ world, namespace, claim }: Volume, script: string, uid = 1000): Promise<string> {
  const name = `script-${Math.random().toString(36).slice(2, 8)}`;
  await world.kubectl.apply(scriptJobManifest(namespace, name, world.platform.images.app, claim, script, uid));
  const wait = [
    'wait',
    `job/${name}`,
    '-n',
    namespace,
    '--for=jsonpath={.status.conditions[0].type}',
    '--timeout=120s',
  ];
  await world.kubectl.run(...wait);
  const output = await world.kubectl.run('logs', `job/${name}`, '-n', namespace);
  const ended = await world.kubectl.run(
    'get',
    `job/${name}`,
    '-n',
    namespace,
    '-o',
    'jsonpath={.status.conditions[*].type}',
  );
  await world.kubectl.run('delete', 'job', name, '-n', namespace, '--wait');
  if (/Fail/.test(ended)) throw new Error(`script failed: ${output}`);
  return output;
}

/**
 * Names, contents, modes and link targets of the volume as one text, to be compared. Without the times of folders: Kopia
 * gives each the newest time below it.
 */
export const treeText = (volume: Volume): Promise<string> =>
  runScript(
    volume,
    'cd /data; find . -mindepth 1 | sort | while read -r f; do if [ -d "$f" ]; then stat -c "%n %F %a" "$f"; else stat -c "%n %F %a %s %Y" "$f"; fi; done; find . -type f | sort | xargs md5sum',
  );

export const startBackup = (volume: Volume, more: Partial<BackupRequest> = {}): Promise<WorkflowHandle> =>
  volume.world.client.workflow.start(BACKUP_VOLUME, {
    taskQueue: CONTROL_QUEUE,
    workflowId: backupWorkflowId(volume.namespace, volume.source),
    args: [{ namespace: volume.namespace, claim: volume.claim, ...more }],
  });

export const backup = async (volume: Volume, more: Partial<BackupRequest> = {}): Promise<BackupVolumeResult> =>
  (await (await startBackup(volume, more)).result()) as BackupVolumeResult;

export const startRestore = (volume: Volume, more: Partial<RestoreRequest> = {}): Promise<WorkflowHandle> =>
  volume.world.client.workflow.start(RESTORE_VOLUME, {
    taskQueue: CONTROL_QUEUE,
    workflowId: restoreWorkflowId(volume.namespace, volume.claim),
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ namespace: volume.namespace, claim: volume.claim, ...more }],
  });

export const restore = async (volume: Volume, more: Partial<RestoreRequest> = {}): Promise<RestoreVolumeResult> =>
  (await (await startRestore(volume, more)).result()) as RestoreVolumeResult;

/** The volume's snapshots as the repository lists them. */
export async function snapshotsOf({ world, namespace, claim }: Volume): Promise<readonly SnapshotSummary[]> {
  const listed = (await world.client.workflow.execute('listSnapshots', {
    taskQueue: CONTROL_QUEUE,
    workflowId: `list/${namespace}/${Math.random()}`,
    args: [{ namespace, claim }],
  })) as ListSnapshotsResult;
  return listed.snapshots;
}

export const deleteClaim = ({ world, namespace, claim }: Volume): Promise<string> =>
  world.kubectl.run('delete', 'pvc', claim, '-n', namespace, '--wait', '--timeout=60s');

export const claimExists = async ({ world, namespace, claim }: Volume): Promise<boolean> =>
  (await world.kubectl.run('get', 'pvc', claim, '-n', namespace, '--ignore-not-found', '-o', 'name')) !== '';

/** Whatever a run made and did not remove: all but the application's claim, the repository's and the cache. */
export async function leftovers({ world, namespace, claim }: Volume): Promise<string[]> {
  const objects = await world.kubectl.list(namespace, 'jobs,pods,volumesnapshots,persistentvolumeclaims');
  const kept = (name: string): boolean => name === claim || name === 'kopia' || /cache/.test(name);
  const inNamespace = objects
    .filter(({ kind, metadata }) => !(kind === 'PersistentVolumeClaim' && kept(metadata.name)))
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const volumes = JSON.parse(await world.kubectl.run('get', 'pv', '-o', 'json')) as {
    items: {
      metadata: { name: string };
      spec: { claimRef?: { namespace?: string; name?: string } };
      status: { phase: string };
    }[];
  };
  const orphans = volumes.items
    .filter(({ spec, status }) => spec.claimRef?.namespace === namespace && status.phase !== 'Bound')
    .map(({ metadata, status }) => `PersistentVolume/${metadata.name} (${status.phase})`);
  return [...inNamespace, ...orphans];
}
