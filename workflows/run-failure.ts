import { TimeoutType } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { z } from 'zod';
import { describeInvalid, invalidFields } from '../api/invalid.ts';
import { FailureType, failureRules } from './failures.ts';

/** What went wrong, as the record on the cluster and the query tell it. */
export interface RunFailure {
  readonly type: FailureType | string;
  readonly message: string;
}

/** Validates the input of a run. Throws a non-retryable InvalidInput that names every wrong field. */
export function parseInput<T>(resolve: (input: unknown) => T, input: unknown): T {
  try {
    return resolve(input);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw ApplicationFailure.create({
      type: FailureType.InvalidInput,
      message: describeInvalid(error),
      nonRetryable: true,
      details: [invalidFields(error)],
    });
  }
}

/** The failure of a run in the project's own words, dug out of Temporal's wrappers. */
export function describeFailure(error: unknown): RunFailure {
  if (isCancellation(error)) return { type: 'Canceled', message: 'canceled by request' };
  if (error instanceof ActivityFailure) return describeFailure(error.cause);
  if (error instanceof TimeoutFailure) return describeTimeout(error);
  if (error instanceof ApplicationFailure) {
    return { type: error.type ?? FailureType.MoverFailed, message: error.message };
  }
  return { type: FailureType.MoverFailed, message: error instanceof Error ? error.message : String(error) };
}

/** The error with which a run ends: typed, never retried as a whole, with what to do in its message. */
export function endingFailure(error: unknown): Error {
  if (isCancellation(error)) return error instanceof Error ? error : new CancelledFailure('canceled');
  const { type, message } = describeFailure(error);
  const remedy = type in failureRules ? ` → ${failureRules[type as FailureType].remedy}` : '';
  return ApplicationFailure.create({
    type,
    message: `${message}${remedy}`,
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** A typed failure that the workflow itself decides on. */
export function failRun(type: FailureType, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

function describeTimeout(failure: TimeoutFailure): RunFailure {
  // The last attempt's own error says more than the fact that time ran out.
  if (failure.cause && !(failure.cause instanceof TimeoutFailure)) return describeFailure(failure.cause);
  if (failure.timeoutType === TimeoutType.SCHEDULE_TO_START) {
    return {
      type: FailureType.RepositoryUnreachable,
      message:
        'nobody took this step within its time: is the worker of that role (for a repository, its own worker) running?',
    };
  }
  return { type: FailureType.ClusterUnreachable, message: `a step got no answer in time (${failure.timeoutType})` };
}
