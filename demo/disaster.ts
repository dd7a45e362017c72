import type { RestoreVolumeResult } from '../workflows/restore/contract.ts';
import { APP, CLAIM, DESTINATION, digestJobManifest, NAMESPACE } from './application.ts';
import { tellPhases } from './backups.ts';
import { startedRows } from './first-deployment.ts';
import { RUN_SECONDS, type Stage, showCommand, TREE_SECONDS, tell } from './stage.ts';
import { compareTrees, describeTree, type EntryDigest, parseDigests } from './tree-compare.ts';

const RESTORE = `restore/${NAMESPACE}/${CLAIM}`;

/** The claim is deleted and everything applied again. Returns what differs afterwards; empty is good. */
export async function loseAndRestore(stage: Stage): Promise<string[]> {
  const { story, cluster, temporal, runs } = stage;
  story.chapter('Disaster');
  const before = await story.phase(
    'every file noted',
    async () =>
      parseDigests(await cluster.runJob(digestJobManifest('notes', stage.stowageImage), 'notes', TREE_SECONDS)),
    describeTree,
  );
  await story.phase(`kubectl delete pvc ${CLAIM} -n ${NAMESPACE}: the data is gone`, () =>
    cluster.remove('pvc', CLAIM),
  );

  story.chapter('Restore');
  await story.phase(`flux reconcile kustomization ${APP}: the same manifests applied again`, () =>
    cluster.reconcile(stage.rendered),
  );
  const back = cluster
    .waitFor(`pvc/${CLAIM}`, 'create', RUN_SECONDS)
    .then(() => cluster.waitForReason(`replicationdestination/${DESTINATION}`, 'Restored', 'Restored', RUN_SECONDS));
  const selector = `volsync.backube/replication-destination=${DESTINATION}`;
  const restore = await story.phase(
    `${DESTINATION} brings the claim back by itself`,
    () => cluster.logsDuring(selector, back),
    ({ result }) => result,
  );
  if (restore.lines.length === 0) throw new Error(`kubectl logs -l ${selector} printed nothing during the restore`);
  tell(story, `kubectl logs -n ${NAMESPACE} -l ${selector}`, restore.lines, 3);
  const run = await temporal.lastRun<RestoreVolumeResult>(RESTORE);
  runs.push(run);
  tellPhases(stage, run.result.phases);
  await story.phase(
    `${APP} has started by itself`,
    () => startedRows(stage),
    (rows) => `database intact, ${rows} rows`,
  );
  const after = await story.phase(
    'every file compared, as it was before the application touched it: content, mode, owner, times',
    () => notesOfStart(stage),
    describeTree,
  );
  const differences = compareTrees(before, after);
  await showCommand(stage, 5, 'get', 'replicationdestination', '-A');
  differences.push(
    ...(await story.phase('applied once more: nothing is written, nothing runs', () => applyAgain(stage))),
  );
  if (run.result.outcome !== 'Restored') differences.push(`the restore ended as ${run.result.outcome}`);
  return differences;
}

/** What the pod's init container saw. */
async function notesOfStart({ cluster }: Stage): Promise<EntryDigest[]> {
  return parseDigests((await cluster.read('logs', `deployment/${APP}`, '-c', 'notes', '--tail=-1')).split('\n'));
}

async function applyAgain({ cluster, temporal, rendered }: Stage): Promise<string[]> {
  const look = async (): Promise<string[]> => [
    ...(await cluster.versions(rendered)),
    ...(await cluster.read('get', 'pvc', CLAIM, '-o', 'jsonpath={.metadata.uid} {.metadata.resourceVersion}')).split(
      '\n',
    ),
    (await temporal.lastRun(RESTORE)).runId,
  ];
  const before = await look();
  await cluster.reconcile(rendered);
  const after = await look();
  return after.filter((line, at) => line !== before[at]).map((line) => `the second apply changed ${line}`);
}
