import type { V1Job } from '@kubernetes/client-node';
import { FailureType, failureRules } from '../../workflows/failures.ts';
import { type ActivityContext, withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { MoverFollower } from './follow-mover.ts';
import type { MoverEnd } from './followed.ts';
import type { LogLanguage } from './log-reader.ts';
import { type MoverObjects, obtainJob, removeJob } from './obtain-job.ts';
import type { TransferWatch } from './transfer-watch.ts';

export interface MoverWork<T> {
  readonly objects: MoverObjects;
  readonly language: LogLanguage<T>;
  /** A fresh one for each mover; left out where there is no metrics page. */
  readonly transfer?: () => TransferWatch;
  /** Claims that the mover mounts, whose events explain a pod that does not start. */
  readonly claims: readonly string[];
  /** How long the mover may stay without a running container before the run gives up, seconds. */
  readonly startDeadlineSeconds: number;
  /** Refuses a result that is none: an incomplete one after a SIGTERM. */
  readonly judge?: (result: T) => PortError | undefined;
  /** Called when the Job is there; awaited only when the mover has ended. Must not throw. */
  readonly posted?: () => Promise<void>;
}

export interface Moved<T> {
  readonly result: T;
  readonly startMilliseconds: number;
  readonly runMilliseconds: number;
}

/**
 * One mover from post to result: posts it or finds the one of its own run, follows it, heartbeats. A mover that had
 * ended badly before this attempt began (killed, driven out, storage away) is removed and started anew, once; one that
 * does not start keeps its Job for the next attempt. Throws PortError, or the cancellation; never stops a mover on cancel.
 */
export async function runMover<T>(dependencies: ActivityDependencies, work: MoverWork<T>): Promise<Moved<T>> {
  let follower: MoverFollower<T> | undefined;
  let told: Promise<void> | undefined;
  return await withHeartbeats(
    dependencies.clock,
    async (context) => {
      for (;;) {
        const postedAt = dependencies.clock.now();
        const { job, attached } = await obtainJob(dependencies, work.objects, context.signal);
        told ??= work.posted?.();
        const { run } = work.objects;
        const { language, claims } = work;
        const followed = { job, run, language, claims, transfer: work.transfer?.() };
        follower = new MoverFollower(dependencies, followed, context.signal);
        const end = judged(await follower.follow(), work);
        await told;
        if (end.type === 'Result') return moved(end, attached ? createdAt(job, postedAt) : postedAt);
        if (end.type === 'Ended' && attached && end.endedBefore && isRetryable(end.error)) {
          dependencies.log.info(
            { job: job.metadata?.name, reason: end.error.message },
            'starts the mover of this run anew',
          );
          await removeJob(dependencies, job, context.signal);
          continue;
        }
        throw await failed(dependencies, context, work, job, end);
      }
    },
    () => follower?.progress() ?? { jobName: work.objects.job.metadata?.name ?? '', state: 'Waiting' },
  );
}

type BadEnd<T> = Exclude<MoverEnd<T>, { readonly type: 'Result' }>;

async function failed<T>(
  dependencies: ActivityDependencies,
  { signal }: ActivityContext,
  { startDeadlineSeconds }: MoverWork<T>,
  job: V1Job,
  end: BadEnd<T>,
): Promise<PortError> {
  const { error } = end;
  if (end.type === 'Stuck') {
    // A Kopia that retries does not hear SIGTERM; its whole grace would only be waited away.
    const pod = { namespace: job.metadata?.namespace ?? '', name: end.podName };
    await dependencies.cluster.delete('Pod', pod, { gracePeriodSeconds: 1 });
    await removeJob(dependencies, job, signal);
  }
  if (end.type !== 'NotStarted') return error;
  const name = job.metadata?.name;
  const waited = Math.round((dependencies.clock.now() - createdAt(job, dependencies.clock.now())) / 1000);
  const message = `mover ${name} does not start: ${error.message}`;
  if (waited < startDeadlineSeconds) {
    return new PortError(error.type, message, error.retryable === undefined ? {} : { retryable: error.retryable });
  }
  return new PortError(error.type, `${message} (given up after ${waited} s)`, { retryable: false });
}

function judged<T>(end: MoverEnd<T>, { judge }: MoverWork<T>): MoverEnd<T> {
  const error = end.type === 'Result' ? judge?.(end.result) : undefined;
  return error ? { type: 'Ended', error, endedBefore: true } : end;
}

function moved<T>(end: Extract<MoverEnd<T>, { type: 'Result' }>, postedAt: number): Moved<T> {
  const { startedAt, endedAt } = end.times;
  return {
    result: end.result,
    startMilliseconds: Math.max(0, Math.round(startedAt - postedAt)),
    runMilliseconds: Math.max(0, Math.round(endedAt - startedAt)),
  };
}

const createdAt = (job: V1Job, fallback: number): number => job.metadata?.creationTimestamp?.getTime() ?? fallback;

const isRetryable = (error: PortError): boolean => error.retryable ?? failureRules[error.type].retryable;

/** The failure of a mover that was told to stop and exited with 0 all the same. */
export const toldToStop = (jobName: string, word: string): PortError =>
  new PortError(FailureType.Evicted, `mover ${jobName} was told to stop and left an incomplete snapshot (${word})`);
