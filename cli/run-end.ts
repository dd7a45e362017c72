import type { WorkflowFailedError } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { exitCodeOf, remedyOf } from './exit-codes.ts';

/** How a run ended, in words. */
export interface RunFailure {
  readonly outcome: 'Failed' | 'Canceled' | 'Terminated' | 'TimedOut';
  readonly type?: string;
  readonly message: string;
  readonly remedy?: string;
  readonly exitCode: number;
}

/** A run's failure dug out of Temporal's wrappers. */
export function runFailure(error: WorkflowFailedError): RunFailure {
  const cause = innermost(error.cause);
  if (cause instanceof CancelledFailure) return { outcome: 'Canceled', message: 'the run was canceled', exitCode: 1 };
  if (cause instanceof TerminatedFailure) {
    return {
      outcome: 'Terminated',
      message: `the run was terminated: ${cause.message}`,
      remedy: 'What it left in the cluster is removed by the next run of this volume.',
      exitCode: 1,
    };
  }
  if (cause instanceof TimeoutFailure) return { outcome: 'TimedOut', message: cause.message, exitCode: 1 };
  const type = cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
  const remedy = remedyOf(type);
  return {
    outcome: 'Failed',
    ...(type !== undefined && { type }),
    message: withoutRemedy(cause?.message ?? error.message, remedy),
    ...(remedy !== undefined && { remedy }),
    exitCode: exitCodeOf(type),
  };
}

/** An activity's failure says only that an activity failed; its cause says what happened. */
function innermost(error: Error | undefined): Error | undefined {
  return error instanceof ActivityFailure && error.cause ? innermost(error.cause) : error;
}

/** Runs put the remedy behind their message for the Temporal UI; here it has a line of its own. */
function withoutRemedy(message: string, remedy: string | undefined): string {
  const end = remedy === undefined ? '' : ` → ${remedy}`;
  return end && message.endsWith(end) ? message.slice(0, -end.length) : message;
}
