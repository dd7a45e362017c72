import type { V1Pod } from '@kubernetes/client-node';
import { Label } from '../../api/metadata.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { MoverProgress } from '../../workflows/progress.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type PodStatus, podStatus, type StatusFailure } from '../kubernetes/pod-status.ts';
import { PortError } from '../ports/port-error.ts';
import { Deferred } from './deferred.ts';
import { explainStart } from './explain-start.ts';
import { type Followed, followedContainer, type MoverEnd, portError } from './followed.ts';
import { LogTail } from './log-reader.ts';
import { isFinishedJob, moverEnd } from './mover-end.ts';
import { METRICS_PORT } from './mover-job.ts';
import { StartWatch } from './start-problem.ts';

const TICK_MILLISECONDS = 500;
/** A log that ended while its pod is said to run is opened again after this. */
const REOPEN_MILLISECONDS = 500;
/** A pod that has ended has no more to say after this, even if its node never closes the log. */
const DRAIN_MILLISECONDS = 15_000;

/**
 * Follows one mover by a watch of its pod and its log. The result line decides at once, without waiting for the pod's
 * or the Job's end. Resolves with how it ended; throws PortError only when the cluster can't be asked, or on abort.
 */
export class MoverFollower<T> {
  readonly #deps: ActivityDependencies;
  readonly #followed: Followed<T>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #tail = new LogTail();
  readonly #starting = new StartWatch();
  readonly #end = new Deferred<MoverEnd<T>>();
  #pod: V1Pod | undefined;
  #status: PodStatus | undefined;
  #firstStatus: PodStatus | undefined;
  #drivenOut: PodStatus | undefined;
  #gone = false;
  #startedAt: number | undefined;
  #endedAt: number | undefined;
  #reading: Promise<void> | undefined;

  constructor(deps: ActivityDependencies, followed: Followed<T>, signal: AbortSignal) {
    this.#deps = deps;
    this.#followed = followed;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  async follow(): Promise<MoverEnd<T>> {
    const abort = (): void => this.#end.reject(new PortError(FailureType.Evicted, 'stopped following the mover'));
    if (this.#signal.aborted) abort();
    this.#signal.addEventListener('abort', abort, { once: true });
    const work = [this.#watchPod(), this.#tick()].map((task) =>
      task.catch((error: unknown) => this.#end.reject(error)),
    );
    try {
      return await this.#end.promise;
    } finally {
      this.#stop.abort();
      await Promise.all([...work, this.#reading?.catch(() => undefined)]);
    }
  }

  /** What the heartbeat says. */
  progress(): MoverProgress {
    const { metadata } = this.#followed.job;
    const state = this.#status?.state ?? 'Waiting';
    const waitingFor = this.#status?.failure?.message ?? this.#status?.waitingFor;
    return {
      jobName: metadata?.name ?? '',
      ...(metadata?.uid ? { jobUid: metadata.uid } : {}),
      state: state === 'Waiting' || state === 'Running' ? state : 'Ended',
      ...(state === 'Waiting' && waitingFor ? { waitingFor } : {}),
      ...this.#followed.transfer?.progress(),
    };
  }

  get #namespace(): string {
    return this.#followed.job.metadata?.namespace ?? '';
  }

  async #watchPod(): Promise<void> {
    const { job, run } = this.#followed;
    const component = job.metadata?.labels?.[Label.component] ?? '';
    const labels = `${Label.run}=${run.runId},${Label.component}=${component}`;
    const selector = { namespace: this.#namespace, labels };
    for await (const { type, object } of this.#deps.cluster.watch('Pod', selector, this.#signal)) {
      if (!object.metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid)) continue;
      if (type === 'Gone') this.#podGone(object);
      else this.#podPresent(object);
    }
  }

  #podPresent(pod: V1Pod): void {
    this.#pod = pod;
    this.#status = podStatus(pod, followedContainer(this.#followed));
    this.#firstStatus ??= this.#status;
    if (this.#status.failure?.type === FailureType.Evicted) this.#drivenOut = this.#status;
    const { state, startedAt, exitCode } = this.#status;
    const hasLog = state === 'Running' || startedAt !== undefined || exitCode !== undefined;
    if (hasLog) {
      this.#startedAt ??= this.#deps.clock.now();
      this.#reading ??= this.#readLog(pod).catch((error: unknown) => this.#end.reject(error));
    } else if (this.#ended) void this.#conclude();
  }

  #podGone(pod: V1Pod): void {
    if (this.#pod && pod.metadata?.uid !== this.#pod.metadata?.uid) return;
    this.#gone = true;
    // A log that is being read tells by itself when it is over.
    if (!this.#reading) void this.#conclude();
  }

  get #ended(): boolean {
    return this.#gone || this.#status?.state === 'Succeeded' || this.#status?.state === 'Failed';
  }

  /** Reads until the result, or until both the log and the pod have ended; then once more from the beginning. */
  async #readLog(pod: V1Pod): Promise<void> {
    const { clock } = this.#deps;
    for (let lastTime = false; !this.#signal.aborted; ) {
      await this.#readOnce(pod);
      if (this.#signal.aborted) return;
      if (lastTime) return this.#conclude();
      if (this.#ended) {
        lastTime = true;
        if (this.#gone) return this.#conclude();
      } else await clock.sleep(REOPEN_MILLISECONDS, this.#signal);
    }
  }

  async #readOnce(pod: V1Pod): Promise<void> {
    const { cluster } = this.#deps;
    const ref = { namespace: this.#namespace, name: pod.metadata?.name ?? '' };
    this.#tail.clear();
    for await (const line of cluster.followLog(ref, followedContainer(this.#followed), this.#signal)) {
      this.#tail.add(line);
      const result = this.#followed.language.result(line);
      if (result !== undefined) {
        this.#succeed(result);
        this.#stop.abort();
        return;
      }
      const failure = this.#followed.language.decisive(line);
      if (failure) this.#end.resolve({ type: 'Stuck', error: portError(failure), podName: ref.name });
    }
  }

  #succeed(result: T): void {
    const endedAt = this.#deps.clock.now();
    this.#end.resolve({ type: 'Result', result, times: { startedAt: this.#startedAt ?? endedAt, endedAt } });
  }

  #conclude(): void {
    const result = this.#status?.exitCode === 0 ? this.#followed.language.atEnd?.(this.#tail.text) : undefined;
    const endedBefore = isFinishedJob(this.#followed.job) || isEnd(this.#firstStatus);
    const error = moverEnd({
      language: this.#followed.language,
      tail: this.#tail,
      // Once its container has ended, a pod no longer shows whether it was deleted before or after.
      status: this.#drivenOut ?? this.#status,
      taken: this.#gone || this.#pod?.metadata?.deletionTimestamp !== undefined,
      jobName: this.#followed.job.metadata?.name ?? '',
    });
    if (result !== undefined) this.#succeed(result);
    else this.#end.resolve({ type: 'Ended', error, endedBefore });
  }

  async #tick(): Promise<void> {
    const { clock, cluster } = this.#deps;
    while (!this.#signal.aborted) {
      const address = this.#pod?.status?.podIP;
      if (this.#followed.transfer && this.#status?.state === 'Running' && address) {
        const page = await cluster.scrape(address, METRICS_PORT, '/metrics', this.#signal).catch(() => undefined);
        if (page) this.#followed.transfer.take(page, clock.now());
      }
      if (this.#ended) {
        this.#endedAt ??= clock.now();
        if (clock.now() - this.#endedAt >= DRAIN_MILLISECONDS) this.#conclude();
      }
      const problem = this.#gone ? undefined : this.#starting.judge(this.#status, clock.now());
      if (problem) await this.#notStarted(problem);
      await clock.sleep(TICK_MILLISECONDS, this.#signal);
    }
  }

  async #notStarted(problem: StatusFailure | 'Silent'): Promise<void> {
    const found = await explainStart(this.#deps.cluster, { ...this.#followed, pod: this.#pod }, problem);
    if (found === 'JobEnded') {
      this.#gone = true;
      this.#conclude();
    } else if (found) this.#end.resolve({ type: 'NotStarted', error: portError(found) });
  }
}

const isEnd = (status: PodStatus | undefined): boolean => status?.state === 'Succeeded' || status?.state === 'Failed';
