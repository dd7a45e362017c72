import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** What an activity of a closed run returned, as it stands in the history. @throws Error when it never completed. */
export async function activityResult<T>(handle: WorkflowHandle, activity: string): Promise<T> {
  const { events } = await handle.fetchHistory();
  const scheduled = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
  );
  const ids = new Set(scheduled?.map(({ eventId }) => String(eventId)));
  const completed = events?.find((event) =>
    ids.has(String(event.activityTaskCompletedEventAttributes?.scheduledEventId)),
  );
  const [payload] = completed?.activityTaskCompletedEventAttributes?.result?.payloads ?? [];
  if (!payload) throw new Error(`run ${handle.workflowId}: activity ${activity} did not complete`);
  return defaultPayloadConverter.fromPayload<T>(payload);
}
