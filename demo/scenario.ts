import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { stringify } from 'yaml';
import type { BackupVolumeResult } from '../workflows/backup/contract.ts';
import type { InitRepositoryResult } from '../workflows/repository/contract.ts';
import type { RestoreVolumeResult } from '../workflows/restore/contract.ts';
import {
  APP,
  CLAIM,
  claimManifest,
  deploymentManifest,
  NAMESPACE,
  SOURCE,
  sourceManifest,
  treeJobManifest,
} from './application.ts';
import type { DemoCluster } from './cluster.ts';
import { followTriggered, type TriggeredRun } from './schedule.ts';
import type { Story } from './story.ts';
import type { stowageCommand } from './stowage.ts';
import { compareTrees, describeTree, type EntryDigest, parseDigests } from './tree-compare.ts';

/** Everything that the scenario works with. */
export interface Stage {
  readonly story: Story;
  readonly cluster: DemoCluster;
  readonly stowage: ReturnType<typeof stowageCommand>;
  readonly images: { readonly app: string; readonly stowage: string };
  readonly classes: { readonly storage: string; readonly snapshot: string };
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  /** MiB of large files in the application's volume. */
  readonly sizeMiB: number;
}

/** Longest wait for a pod of the application, seconds. */
const POD_SECONDS = 120;
const TREE_SECONDS = 300;

/** The demo's main job, from an empty namespace to the application running again. Returns what differs; empty is good. */
export async function playScenario(stage: Stage): Promise<string[]> {
  await prepareApplication(stage);
  const runs: RunId[] = [];
  await backUp(stage, runs);
  const differences = await loseAndRestore(stage, runs);
  stage.story.chapter('The runs in the Temporal UI');
  for (const { workflowId, runId } of runs) {
    const { uiUrl, namespace } = stage.temporal;
    stage.story.line(`${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`);
  }
  return differences;
}

async function prepareApplication({ story, cluster, images, classes, sizeMiB }: Stage): Promise<void> {
  story.chapter(`An application: ${NAMESPACE}/${APP} with its volume ${CLAIM}`);
  await story.phase('claim, and a tree with everything that is easily lost', async () => {
    await cluster.apply(claimManifest(classes.storage));
    const fill = {
      name: 'fill',
      image: images.stowage,
      program: 'tree-fill',
      args: [String(sizeMiB)],
      readOnly: false,
    } as const;
    await cluster.runJob(treeJobManifest(fill), 'fill', TREE_SECONDS);
  });
  await story.phase('application running, writing into its SQLite database', () =>
    startApplication(cluster, images.app),
  );
}

async function backUp(stage: Stage, runs: RunId[]): Promise<void> {
  const { story, cluster, stowage, images } = stage;
  story.chapter('Backup');
  await story.phase(
    'stowage init',
    () => stowage<{ result: InitRepositoryResult }>('init'),
    ({ result }) =>
      `repository ${result.repository} ${result.outcome.toLowerCase()}, unique id ${result.uniqueId.slice(0, 16)}…`,
  );
  const first = await story.phase(
    'hourly schedule applied and triggered, while the application writes',
    () => scheduleAndTrigger(stage),
    ({ result }) => tellBackup(result),
  );
  runs.push(first);
  await story.phase('application stopped', () => stopApplication(cluster, images.app));
  const last = await story.phase(
    'backup of its last rows',
    () => stowage<CommandRun<BackupVolumeResult>>('backup', CLAIM, '--namespace', NAMESPACE),
    ({ result }) => tellBackup(result),
  );
  const unchanged = await story.phase(
    'backup without change',
    () => stowage<CommandRun<BackupVolumeResult>>('backup', CLAIM, '--namespace', NAMESPACE),
    ({ result }) => tellBackup(result),
  );
  runs.push(last, unchanged);
  story.line(
    `phases: ${unchanged.result.phases.map((p) => `${p.phase} ${(p.milliseconds / 1000).toFixed(2)} s`).join(', ')}`,
  );
}

async function loseAndRestore(stage: Stage, runs: RunId[]): Promise<string[]> {
  const { story, cluster, stowage, images } = stage;
  story.chapter('Disaster');
  const before = await story.phase('every file noted', () => readTree(stage, 'before'), describeTree);
  await story.phase(`kubectl delete pvc ${CLAIM}: the data is gone`, () => cluster.remove('pvc', CLAIM));

  story.chapter('Restore');
  const restore = () => stowage<CommandRun<RestoreVolumeResult>>('restore', CLAIM, '--namespace', NAMESPACE);
  const restored = await story.phase('stowage restore', restore, ({ result }) => result.message);
  runs.push(restored);
  story.line(
    `phases: ${restored.result.phases.map((p) => `${p.phase} ${(p.milliseconds / 1000).toFixed(2)} s`).join(', ')}`,
  );
  const after = await story.phase(
    'every file compared: content, mode, owner, times',
    () => readTree(stage, 'after'),
    describeTree,
  );
  const differences = compareTrees(before, after);
  await story.phase(
    'application running again on it',
    () => startApplication(cluster, images.app),
    (rows) => `database intact, ${rows} rows`,
  );
  const second = await story.phase('a second restore request', restore, ({ result }) => result.message);
  runs.push(second);
  if (restored.result.outcome !== 'Restored') differences.push(`the restore ended as ${restored.result.outcome}`);
  if (second.result.outcome !== 'TargetExists')
    differences.push(`the second restore ended as ${second.result.outcome}`);
  return differences;
}

interface RunId {
  readonly workflowId: string;
  readonly runId: string;
}

interface CommandRun<R> extends RunId {
  readonly result: R;
}

const tellBackup = (result: BackupVolumeResult): string =>
  `snapshot ${result.snapshotId.slice(0, 12)}…, ${result.files.toLocaleString('en')} files, ${prettyBytes(result.bytes)}, uploaded ${
    result.uploadedBytes === undefined ? 'unknown' : prettyBytes(result.uploadedBytes)
  }`;

/** Starts the application and returns how many rows it found in its database, which it checked itself. */
async function startApplication(cluster: DemoCluster, image: string): Promise<number> {
  await cluster.apply(deploymentManifest(image, 1));
  await cluster.waitFor(`deployment/${APP}`, 'condition=Available', POD_SECONDS);
  const deadline = Date.now() + POD_SECONDS * 1000;
  while (Date.now() < deadline) {
    const ready = /ready rows=(\d+)/.exec(await cluster.logs(`app=${APP}`));
    if (ready) return Number(ready[1]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${APP} did not report its database within ${POD_SECONDS} s: ${await cluster.logs(`app=${APP}`)}`);
}

async function stopApplication(cluster: DemoCluster, image: string): Promise<void> {
  await cluster.apply(deploymentManifest(image, 0));
  await cluster.read('wait', 'pod', '-l', `app=${APP}`, '--for=delete', `--timeout=${POD_SECONDS}s`);
}

async function scheduleAndTrigger({ stowage, classes, temporal }: Stage): Promise<TriggeredRun<BackupVolumeResult>> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-demo-'));
  try {
    const file = join(folder, 'replicationsource.yaml');
    await writeFile(file, stringify(sourceManifest(classes.snapshot)));
    await stowage('schedules', 'apply', '-f', file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return await followTriggered<BackupVolumeResult>(temporal, `backup/${NAMESPACE}/${SOURCE}`);
}

async function readTree({ cluster, images }: Stage, when: string): Promise<EntryDigest[]> {
  const name = `digest-${when}`;
  const job = { name, image: images.stowage, program: 'tree-digest', args: [], readOnly: true } as const;
  return parseDigests(await cluster.runJob(treeJobManifest(job), name, TREE_SECONDS));
}
