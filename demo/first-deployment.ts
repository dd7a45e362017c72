import type { InitRepositoryResult } from '../workflows/repository/contract.ts';
import { APP, CLAIM, DESTINATION, FLUX_KUSTOMIZATION, SECRET, secretManifest } from './application.ts';
import { substituteLines } from './git.ts';
import { POD_SECONDS, RUN_SECONDS, type Stage, showCommand, tell } from './stage.ts';

/** From an empty cluster to the application running on its volume for the first time. */
export async function deployFirst(stage: Stage): Promise<void> {
  const { story, cluster, stowage } = stage;
  story.chapter('The repository, once');
  const { result } = await story.phase(
    'stowage init',
    () => stowage<{ result: InitRepositoryResult }>('init'),
    ({ result }) =>
      `repository ${result.repository} ${result.outcome.toLowerCase()}, unique id ${result.uniqueId.slice(0, 16)}…`,
  );

  story.chapter(`An application as it stands in git: ${APP}`);
  tell(story, `cat ${FLUX_KUSTOMIZATION}   # components: ../../../../components/volsync`, await substituteLines(), 20);
  await story.phase(`flux reconcile kustomization ${APP}: everything applied at once`, () =>
    cluster.reconcile(stage.rendered),
  );
  await story.phase(`External Secrets, played by the demo, makes ${SECRET}`, () =>
    cluster.apply(secretManifest(stage.repositoryPassword)),
  );
  const destination = `replicationdestination/${DESTINATION}`;
  if (result.outcome === 'Created') {
    await story.phase(
      `${DESTINATION} finds the claim missing, and no snapshot of it: first deployment`,
      () => cluster.waitForReason(destination, 'Restored', 'StartedEmpty', RUN_SECONDS),
      (message) => message,
    );
  } else {
    // A platform that was kept from an earlier demo.
    await cluster.waitFor(destination, 'condition=Restored', RUN_SECONDS);
    story.line('the repository is known from an earlier demo: the claim is there, or came back from it');
  }
  await story.phase(
    `${APP} runs on ${CLAIM}, and has filled it with everything that is easily lost`,
    () => startedRows(stage),
    (rows) => `its database had ${rows} rows`,
  );
  await showCommand(stage, 5, 'get', 'replicationdestination', '-A');
}

/** Waits until the application runs; how many rows it found in its database, which it checked itself. */
export async function startedRows({ cluster }: Stage): Promise<number> {
  await cluster.read('rollout', 'status', `deployment/${APP}`, `--timeout=${POD_SECONDS}s`);
  const deadline = Date.now() + POD_SECONDS * 1000;
  let log = '';
  while (Date.now() < deadline) {
    log = await cluster.read('logs', `deployment/${APP}`, '-c', APP, '--tail=-1');
    const ready = /ready rows=(\d+)/.exec(log);
    if (ready) return Number(ready[1]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${APP} did not report its database within ${POD_SECONDS} s: ${log}`);
}
