import type { V1Job, V1PodSpec } from '@kubernetes/client-node';
import { fromJson } from '../../activities/kubernetes/serialization.ts';
import type { ObjectRef } from '../../activities/ports/cluster.ts';
import type { Controller } from './controller-runner.ts';
import type { InMemoryCluster } from './in-memory-cluster.ts';
import { now, type StoredObject } from './object-store.ts';

/** A container while it runs. */
export interface RunningContainer {
  readonly job: V1Job;
  readonly pod: ObjectRef;
  readonly container: string;
  /** Aborts when the pod is removed. */
  readonly signal: AbortSignal;
  log(line: string): void;
}

export interface ContainerEnd {
  readonly exitCode: number;
  /** Default: `Completed` or `Error`. */
  readonly reason?: string;
  readonly message?: string;
}

/** What a Job's container does; `{waiting: …}` is a pod that never starts. */
export type ContainerScript = (container: RunningContainer) => Promise<ContainerEnd> | ContainerEnd;

export interface JobRunnerOptions {
  readonly run: ContainerScript;
  /** Keeps a Job's pod from starting: the kubelet's waiting reason and message. */
  readonly stuck?: (job: V1Job) => { readonly reason: string; readonly message: string } | undefined;
  readonly podAddress?: string;
}

/** Job controller, scheduler and kubelet in one: makes one pod for each Job and runs a script as its first container. */
export function jobRunner({ run, stuck, podAddress = '10.0.0.1' }: JobRunnerOptions): Controller {
  const running = new Map<string, AbortController>();
  return async ({ type, object }, cluster) => {
    if (object.kind === 'Pod' && type === 'Gone') running.get(object.metadata.uid)?.abort();
    if (object.kind !== 'Job' || type === 'Gone' || object.metadata.deletionTimestamp || podOf(cluster, object)) return;
    const job = fromJson('Job', structuredClone(object));
    const pod = createPod(cluster, object, job);
    if (!pod) return;
    const [container = { name: 'main' }] = job.spec?.template.spec?.containers ?? [];
    const waiting = stuck?.(job);
    if (waiting) return setState(cluster, pod.metadata, container.name, 'Pending', { waiting });
    const abort = new AbortController();
    running.set(pod.metadata.uid, abort);
    const startedAt = now();
    setState(cluster, pod.metadata, container.name, 'Running', { running: { startedAt } }, podAddress);
    const log = (line: string): void => cluster.appendLog(pod.metadata, container.name, line);
    const end = await run({ job, pod: pod.metadata, container: container.name, signal: abort.signal, log });
    if (abort.signal.aborted) return;
    const reason = end.reason ?? (end.exitCode === 0 ? 'Completed' : 'Error');
    const terminated = { startedAt, finishedAt: now(), ...end, reason };
    setState(cluster, pod.metadata, container.name, end.exitCode === 0 ? 'Succeeded' : 'Failed', { terminated });
    cluster.endLog(pod.metadata, container.name);
    finishJob(cluster, object, end.exitCode === 0);
  };
}

const podOf = (cluster: InMemoryCluster, job: StoredObject): StoredObject | undefined =>
  cluster.store.list('Pod').find((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid));

function createPod(cluster: InMemoryCluster, object: StoredObject, job: V1Job): StoredObject | undefined {
  const { name, namespace = '', uid } = object.metadata;
  const { metadata, spec } = job.spec?.template ?? { metadata: {}, spec: { containers: [] } as V1PodSpec };
  return cluster.store.insert('Pod', {
    apiVersion: 'v1',
    metadata: {
      ...{ name: `${name}-${uid.slice(0, 5)}`, namespace },
      labels: { ...metadata?.labels, 'batch.kubernetes.io/job-name': name, 'job-name': name },
      annotations: { ...metadata?.annotations },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: JSON.parse(JSON.stringify(spec ?? {})),
    status: { phase: 'Pending' },
  });
}

function setState(
  cluster: InMemoryCluster,
  pod: ObjectRef,
  name: string,
  phase: string,
  state: object,
  podIP?: string,
): void {
  const containerStatuses = [{ name, state, ready: phase === 'Running', restartCount: 0 }];
  const address = podIP === undefined ? {} : { podIP, startTime: now() };
  cluster.update('Pod', pod, { status: { phase, containerStatuses, ...address } });
}

function finishJob(cluster: InMemoryCluster, job: StoredObject, succeeded: boolean): void {
  const time = now();
  const condition = (type: string, reason: string) => ({ type, status: 'True', reason, lastTransitionTime: time });
  const conditions = succeeded
    ? [condition('SuccessCriteriaMet', 'CompletionsReached'), condition('Complete', 'CompletionsReached')]
    : [condition('FailureTarget', 'BackoffLimitExceeded'), condition('Failed', 'BackoffLimitExceeded')];
  cluster.update('Job', job.metadata, { status: { conditions, [succeeded ? 'succeeded' : 'failed']: 1 } });
}
