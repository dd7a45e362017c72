import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';

/** The typed failure with which a run ends. Throws when it succeeds or ends otherwise. */
export async function failureOf(run: Promise<unknown>): Promise<{ type: string; message: string }> {
  try {
    const result = await run;
    throw new Error(`the run succeeded: ${JSON.stringify(result)}`);
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure) return { type: cause.type ?? '', message: cause.message };
    throw error;
  }
}

/** Number of attempts that an activity of a closed run took, from its history. */
export async function attemptsOf(
  handle: { fetchHistory(): Promise<{ events?: unknown[] | null }> },
  type: string,
): Promise<number> {
  const { events } = (await handle.fetchHistory()) as {
    events?: {
      eventId?: { toString(): string };
      activityTaskScheduledEventAttributes?: { activityType?: { name?: string } };
      activityTaskStartedEventAttributes?: { scheduledEventId?: { toString(): string }; attempt?: number };
    }[];
  };
  const scheduled = new Set(
    events
      ?.filter((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === type)
      .map((e) => String(e.eventId)),
  );
  return (events ?? []).reduce((sum, { activityTaskStartedEventAttributes: started }) => {
    return started && scheduled.has(String(started.scheduledEventId)) ? sum + (started.attempt ?? 1) : sum;
  }, 0);
}
