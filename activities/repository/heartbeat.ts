import { Context } from '@temporalio/activity';

/** Well below the heartbeat timeout of calls to the repository. */
const INTERVAL_MILLISECONDS = 3_000;

/**
 * Heartbeats while `act` runs, so that a call which hangs on its storage is seen, and hands it the signal that aborts
 * when the activity is cancelled. Outside of an activity it only runs `act`.
 */
export async function withHeartbeat<T>(act: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const context = currentContext();
  if (!context) return act(undefined);
  const timer = setInterval(() => context.heartbeat(), INTERVAL_MILLISECONDS);
  try {
    // A file system that hangs can't be interrupted; the call is left to itself then.
    return await Promise.race([act(context.cancellationSignal), context.cancelled]);
  } finally {
    clearInterval(timer);
  }
}

function currentContext(): Context | undefined {
  try {
    return Context.current();
  } catch {
    return undefined;
  }
}
