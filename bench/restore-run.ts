import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { Log, type V1Pod } from '@kubernetes/client-node';
import { Annotation } from '../api/metadata.ts';
import { defaultDestinationName, restoreJobName } from '../api/names.ts';
import { RESTORE_VOLUME, type RestoreVolumeResult, restoreWorkflowId } from '../workflows/restore/contract.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { watchClaims } from './backup-run.ts';
import { logTime } from './pod-log.ts';
import { watchCollection } from './sightings.ts';
import { SECRET, type Stage } from './stage.ts';

/** One restore as its user sees it; seconds. */
export interface RestoreSample {
  /** From the client's call to the claim bound under its final name, compared with the snapshot. */
  readonly handedOver: number;
  /** To the end of the run. */
  readonly total: number;
  /** From the mover's first line of log to its last: Kopia at work. */
  readonly data: number;
  readonly result: RestoreVolumeResult;
}

const LIMIT_SECONDS = 600;

/** Restores a claim that does not exist. @throws Error unless it came back. */
export async function runRestore(stage: Stage, claim: string): Promise<RestoreSample> {
  const { kube, namespace, temporal } = stage;
  const [claims, pods] = await Promise.all([
    watchClaims(stage),
    watchCollection<V1Pod>(kube, `/api/v1/namespaces/${namespace}/pods`),
  ]);
  try {
    const started = performance.now();
    const handle = await temporal.workflow.start(RESTORE_VOLUME, {
      taskQueue: CONTROL_QUEUE,
      workflowId: restoreWorkflowId(namespace, claim),
      args: [{ namespace, claim, secretName: SECRET }],
    });
    const bound = claims.until(
      `claim ${claim} handed over`,
      ({ object }) =>
        object.metadata?.name === claim &&
        object.metadata.annotations?.[Annotation.restoredBy] === handle.firstExecutionRunId &&
        object.status?.phase === 'Bound',
      LIMIT_SECONDS,
    );
    const job = restoreJobName(defaultDestinationName(claim));
    const data = pods
      .until(`mover ${job} at work`, ({ object }) => isOf(object, job) && hasLog(object), LIMIT_SECONDS)
      .then(({ object }) => logSpan(stage, object));
    // The run's own failure is what has to be told.
    for (const side of [bound, data]) side.catch(() => undefined);
    const result = (await handle.result()) as RestoreVolumeResult;
    const closedAt = performance.now();
    if (result.outcome !== 'Restored') throw new Error(`the restore of ${claim} ended as ${JSON.stringify(result)}`);
    return {
      handedOver: ((await bound).at - started) / 1000,
      total: (closedAt - started) / 1000,
      data: await data,
      result,
    };
  } finally {
    claims.close();
    pods.close();
  }
}

const isOf = ({ metadata }: V1Pod, job: string): boolean => metadata?.labels?.['batch.kubernetes.io/job-name'] === job;
const hasLog = ({ status }: V1Pod): boolean =>
  status?.containerStatuses?.some(({ state }) => state?.running ?? state?.terminated) ?? false;

/** Seconds between the first and the last line of a container's log; ends with the container. */
async function logSpan({ kube, namespace }: Stage, pod: V1Pod): Promise<number> {
  const lines = new PassThrough();
  const name = pod.metadata?.name ?? '';
  await new Log(kube).log(namespace, name, pod.spec?.containers[0]?.name ?? '', lines, {
    follow: true,
    timestamps: true,
  });
  const times: number[] = [];
  for await (const line of createInterface({ input: lines })) times.push(logTime(line));
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) throw new Error(`mover pod ${name} wrote no log`);
  return (last - first) / 1000;
}
