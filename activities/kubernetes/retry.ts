import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, isConflict } from './api-errors.ts';

/** Attempts in all; more is the retry policy's part, not an adapter's. */
const MAX_ATTEMPTS = 5;

/** The longest single wait that a server may ask for, seconds. */
const MAX_WAIT_SECONDS = 10;

/** Seconds until the next attempt, or undefined when the error is not to be retried here. Pure. */
export function retryDelaySeconds(error: unknown, attempt: number, retryConflicts: boolean): number | undefined {
  if (!(error instanceof ApiError) || attempt >= MAX_ATTEMPTS) return undefined;
  if (error.status.code === 429)
    return Math.min(error.status.retryAfterSeconds ?? 2 ** (attempt - 1), MAX_WAIT_SECONDS);
  return retryConflicts && isConflict(error) ? 0.02 * 2 ** (attempt - 1) : undefined;
}

/** Repeats a call while the server asks for patience (429) or, for patches, reports a concurrent change (409). */
export async function withRetries<T>(
  call: () => Promise<T>,
  { retryConflicts = false, signal }: { readonly retryConflicts?: boolean; readonly signal?: AbortSignal } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const seconds = retryDelaySeconds(error, attempt, retryConflicts);
      if (seconds === undefined) throw error;
      await sleep(seconds * 1000, undefined, signal && { signal });
    }
  }
}
