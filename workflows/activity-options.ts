import {
  ActivityCancellationType,
  type ActivityOptions,
  type LocalActivityOptions,
  type RetryPolicy,
} from '@temporalio/workflow';
import { FailureType, failureRules } from './failures.ts';
import { CONTROL_QUEUE, MOVERS_QUEUE, repositoryQueue } from './task-queues.ts';

/** Restores go before backups, and backups before care of the repository; 1 is first. */
export const PriorityKey = { restore: 1, backup: 3, care: 5 } as const;
export type PriorityKey = (typeof PriorityKey)[keyof typeof PriorityKey];

/** What decides the order in which a queue hands out this run's activities. */
export interface Urgency {
  readonly priorityKey: PriorityKey;
  /** Namespaces take turns, so that one with many volumes can't starve the others. */
  readonly fairnessKey: string;
}

/** Types that Temporal must not retry. */
const nonRetryableTypes = Object.values(FailureType).filter((type) => !failureRules[type].retryable);

const retry = (
  initialInterval: RetryPolicy['initialInterval'],
  maximumInterval: RetryPolicy['maximumInterval'],
): RetryPolicy => ({
  initialInterval: initialInterval!,
  backoffCoefficient: 2,
  maximumInterval: maximumInterval!,
  nonRetryableErrorTypes: nonRetryableTypes,
});

/**
 * Reads and single writes that end within seconds. Local, because each saves five history events and a round trip; they
 * are idempotent, so running one again after a crash does no harm.
 */
export function quickCall(summary: string, giveUpAfterSeconds: number): LocalActivityOptions {
  return {
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: `${giveUpAfterSeconds} seconds`,
    localRetryThreshold: '5 seconds',
    retry: retry('500 milliseconds', '10 seconds'),
    summary,
  };
}

/** Waits for the cluster (a VolumeSnapshot, a binding, a deletion), heartbeating. */
export function clusterWait(summary: string, urgency: Urgency, giveUpAfterSeconds: number): ActivityOptions {
  return {
    taskQueue: CONTROL_QUEUE,
    startToCloseTimeout: '30 minutes',
    scheduleToCloseTimeout: `${giveUpAfterSeconds} seconds`,
    heartbeatTimeout: '15 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: retry('500 milliseconds', '10 seconds'),
    priority: urgency,
    summary,
  };
}

/**
 * Follows a mover for hours. A worker that dies is noticed after the heartbeat timeout; the next attempt finds the same Job.
 * The wait for cancellation makes sure that no attempt posts a Job behind the back of the clean-up.
 */
export function dataTransfer(summary: string, urgency: Urgency): ActivityOptions {
  return {
    taskQueue: MOVERS_QUEUE,
    startToCloseTimeout: '48 hours',
    heartbeatTimeout: '15 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: retry('1 second', '20 seconds'),
    priority: urgency,
    summary,
  };
}

/** Longest wait for the pod that stands beside a repository, seconds. */
const REPOSITORY_WORKER_SECONDS = 300;

/**
 * Asked of the pod that stands beside the repository. Not started in time means that no such pod is there: that is not
 * retried, so the run says so instead of hanging.
 */
export function besideRepository(
  summary: string,
  urgency: Urgency,
  repository: string,
  startSeconds: number = REPOSITORY_WORKER_SECONDS,
): ActivityOptions {
  return {
    taskQueue: repositoryQueue(repository),
    scheduleToStartTimeout: `${Math.min(startSeconds, REPOSITORY_WORKER_SECONDS)} seconds`,
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '15 seconds',
    scheduleToCloseTimeout: '30 minutes',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: retry('500 milliseconds', '20 seconds'),
    priority: urgency,
    summary,
  };
}
