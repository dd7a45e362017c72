import type { FailureType } from '../../workflows/failures.ts';

/**
 * The only error that leaves a port. `type` is the stable failure, the message a sentence for a person without any
 * secret, request body or header; `cause` keeps the original for the log of the worker.
 */
export class PortError extends Error {
  override readonly name = 'PortError';
  readonly type: FailureType;
  /** Overrides the table's verdict where the port knows better. */
  readonly retryable: boolean | undefined;

  constructor(type: FailureType, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.retryable = options.retryable;
  }
}
