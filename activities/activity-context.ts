import { Context } from '@temporalio/activity';
import type { MoverProgress } from '../workflows/progress.ts';
import type { Clock } from './ports/clock.ts';

/** Well below the heartbeat timeouts (15 s for movers, 30 s for waits on the cluster). */
export const HEARTBEAT_MILLISECONDS = 3_000;

/** The running activity as Stowage uses it. Local activities and plain tests have no heartbeat: then nothing is sent. */
export interface ActivityContext {
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** What the attempt before this one sent with its last heartbeat. */
  readonly lastHeartbeat: unknown;
  heartbeat(details?: MoverProgress | object): void;
  /** Rejects with Temporal's own CancelledFailure once the signal has aborted; call it to end a cancelled activity. */
  readonly cancelled: Promise<never>;
}

export function activityContext(): ActivityContext {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    attempt: context.info.attempt,
    lastHeartbeat: context.info.heartbeatDetails,
    cancelled: context.cancelled,
    heartbeat: (details) => context.heartbeat(details),
  };
}

/**
 * Runs `act` with a heartbeat beside it. A cancellation aborts its signal; when `act` has let go, the cancellation is
 * what ends the activity, so that Temporal sees a cancelled one and not a failed one.
 */
export async function withHeartbeats<T>(
  clock: Clock,
  act: (context: ActivityContext) => Promise<T>,
  details: () => object | undefined = () => undefined,
): Promise<T> {
  const context = activityContext();
  const ended = new AbortController();
  const beat = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      context.heartbeat(details());
      await clock.sleep(HEARTBEAT_MILLISECONDS, ended.signal);
    }
  };
  const beating = beat();
  try {
    const result = await act(context);
    return result;
  } catch (error) {
    if (context.signal.aborted) await context.cancelled;
    throw error;
  } finally {
    ended.abort();
    await beating;
  }
}
