import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { failureRules } from '../workflows/failures.ts';
import { PortError } from './ports/port-error.ts';

/**
 * The one place that builds what leaves an activity. A PortError becomes an ApplicationFailure of its type; whether it is
 * retried stands in the table of failures unless the port knew better. Anything else is a defect of ours and is passed on
 * under its own name, retryable.
 */
export function toApplicationFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof PortError) {
    return ApplicationFailure.create({
      type: error.type,
      message: error.message,
      nonRetryable: !(error.retryable ?? failureRules[error.type].retryable),
      ...(error.cause instanceof Error ? { cause: error.cause } : {}),
    });
  }
  const cause = error instanceof Error ? error : undefined;
  return ApplicationFailure.create({
    type: cause?.name ?? 'Error',
    message: cause?.message ?? 'something that is not an error was thrown',
    ...(cause ? { cause } : {}),
  });
}

type Activity = (...args: never[]) => Promise<unknown>;

/** Wraps every activity so that only ApplicationFailure, or a cancellation, leaves it. */
export function withFailureMapping<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities as Record<string, Activity>).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        // A cancellation is Temporal's own word and must stay one.
        if (error instanceof CancelledFailure || error instanceof TemporalFailure) throw error;
        throw toApplicationFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
