import { BatchV1Api, CoreV1Api, type V1Job, type V1Pod } from '@kubernetes/client-node';
import { firstLogTime } from './pod-log.ts';
import { watchCollection } from './sightings.ts';
import type { Stage } from './stage.ts';

/** What the platform itself needs for the smallest piece of work: the floor that a backup is measured against. Seconds since the Job was posted. */
export interface TrivialJobTimes {
  readonly started: number;
  readonly succeeded: number;
  readonly complete: number;
}

const LIMIT_SECONDS = 180;

/** Posts a Job that says one word, and returns when it was `Complete`. It is gone again at the end. */
export async function runTrivialJob(stage: Stage, name: string): Promise<TrivialJobTimes> {
  const [times] = await runTrivialJobs(stage, [name]);
  return times!;
}

/** Several at once: the times of each since the first was posted. */
export async function runTrivialJobs(stage: Stage, names: readonly string[]): Promise<TrivialJobTimes[]> {
  const { kube, namespace } = stage;
  const batch = kube.makeApiClient(BatchV1Api);
  const core = kube.makeApiClient(CoreV1Api);
  const labelSelector = `${BENCH_LABEL}=trivial`;
  const [jobs, pods] = await Promise.all([
    watchCollection<V1Job>(kube, `/apis/batch/v1/namespaces/${namespace}/jobs`, { labelSelector }),
    watchCollection<V1Pod>(kube, `/api/v1/namespaces/${namespace}/pods`, { labelSelector }),
  ]);
  try {
    const posted = performance.now();
    const postedAt = Date.now();
    await Promise.all(names.map((name) => batch.createNamespacedJob({ namespace, body: trivialJob(stage, name) })));
    const times = await Promise.all(
      names.map(async (name) => {
        const [pod, job] = await Promise.all([
          pods.until(
            `pod of Job ${name} Succeeded`,
            ({ object }) => isPodOf(object, name) && hasPhase(object, 'Succeeded'),
            LIMIT_SECONDS,
          ),
          jobs.until(
            `Job ${name} Complete`,
            ({ object }) => object.metadata?.name === name && isComplete(object),
            LIMIT_SECONDS,
          ),
        ]);
        return { pod, succeeded: (pod.at - posted) / 1000, complete: (job.at - posted) / 1000 };
      }),
    );
    const started = await Promise.all(
      times.map(({ pod }) => firstLogTime(core, namespace, pod.object.metadata?.name ?? '')),
    );
    await Promise.all(
      names.map((name) => batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Foreground' })),
    );
    await Promise.all(
      names.map((name) =>
        jobs.until(
          `Job ${name} gone`,
          ({ type, object }) => type === 'DELETED' && object.metadata?.name === name,
          LIMIT_SECONDS,
        ),
      ),
    );
    return times.map(({ succeeded, complete }, index) => ({
      started: (started[index]! - postedAt) / 1000,
      succeeded,
      complete,
    }));
  } finally {
    jobs.close();
    pods.close();
  }
}

/** On everything that the benchmark itself posts. */
const BENCH_LABEL = 'stowage.dev/bench';

const isPodOf = ({ metadata }: V1Pod, job: string): boolean =>
  metadata?.labels?.['batch.kubernetes.io/job-name'] === job;
const hasPhase = ({ status }: V1Pod, phase: string): boolean => status?.phase === phase;
const isComplete = ({ status }: V1Job): boolean =>
  status?.conditions?.some(({ type, status: state }) => type === 'Complete' && state === 'True') ?? false;

/** One container, no volume, no token; its one line of log tells to the nanosecond when it ran. */
const trivialJob = ({ images }: Stage, name: string): V1Job => ({
  metadata: { name, labels: { [BENCH_LABEL]: 'trivial' } },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: { labels: { [BENCH_LABEL]: 'trivial' } },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        containers: [
          { name: 'trivial', image: images.app, imagePullPolicy: 'IfNotPresent', command: ['/bin/echo', 'started'] },
        ],
      },
    },
  },
});
