import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Redactor } from './redaction.ts';

/** Causes beyond this depth say nothing to a person. */
const MAX_CAUSES = 8;

/** The last gate before the history: no error of an activity leaves the worker with a secret in message, stack or cause. */
export const createRedactingInterceptor =
  (redactor: Redactor): ActivityInterceptorsFactory =>
  () => ({
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw redactError(error, redactor);
        }
      },
    },
  });

/** Cleans an error in place, so that its class (a cancellation, a typed failure) stays what it is. */
export function redactError(error: unknown, redactor: Redactor): unknown {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < MAX_CAUSES; depth++) {
    assign(current, 'message', redactor.text(current.message));
    if (current.stack) assign(current, 'stack', redactor.text(current.stack));
    if (current instanceof ApplicationFailure && current.details) {
      assign(current, 'details', redactor.value(current.details));
    }
    if (depth === MAX_CAUSES - 1) assign(current, 'cause', undefined);
    current = current.cause;
  }
  return error;
}

/** Some errors of the SDK declare their fields as read-only or not enumerable. */
function assign(error: Error, field: string, value: unknown): void {
  Object.defineProperty(error, field, { value, configurable: true, writable: true, enumerable: field === 'details' });
}
