import type { WorkflowHandle } from '@temporalio/client';
import { until } from './until.ts';
import type { Volume } from './volume.ts';

/** Longest wait for a moment of a run; a bound for a hanging test. */
const MOMENT_SECONDS = 60;

/** Activity types that are scheduled but not completed, as the server sees them. */
async function pendingActivities(
  handle: WorkflowHandle,
): Promise<{ type: string; started: boolean; attempt: number; failure: string }[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).map((activity) => ({
    type: activity.activityType?.name ?? '',
    started: activity.lastStartedTime != null,
    attempt: activity.attempt ?? 0,
    failure: `${activity.lastFailure?.applicationFailureInfo?.type ?? ''}: ${activity.lastFailure?.message ?? ''}`,
  }));
}

/** Waits until a worker has taken the activity. */
export const activityStarted = (handle: WorkflowHandle, type: string): Promise<unknown> =>
  until(`${type} started`, MOMENT_SECONDS, async () =>
    (await pendingActivities(handle)).some((activity) => activity.type === type && activity.started),
  );

/** Waits until the activity is scheduled, taken or not. */
export const activityPending = (handle: WorkflowHandle, type: string): Promise<unknown> =>
  until(`${type} pending`, MOMENT_SECONDS, async () => (await pendingActivities(handle)).some((a) => a.type === type));

/** Waits until an attempt of the activity failed, and returns `Type: message`. */
export const activityFailure = (handle: WorkflowHandle, type: string, seconds: number): Promise<string> =>
  until(
    `a failed attempt of ${type}`,
    seconds,
    async () => (await pendingActivities(handle)).find((a) => a.type === type && a.failure.length > 2)?.failure,
  );

/** Waits until an object of the volume's namespace exists and `test` holds for it. */
export const objectSeen = (
  { world, namespace }: Volume,
  kind: string,
  test: (object: {
    status?: Record<string, unknown>;
    metadata: { name: string; annotations?: Record<string, string> };
  }) => boolean = () => true,
): Promise<unknown> =>
  until(`${kind} in ${namespace}`, MOMENT_SECONDS, async () =>
    (await world.kubectl.list(namespace, kind)).find((object) => test(object as never)),
  );

/** How many mover pods the Job controller made in the namespace, from its events: one run has one. */
export async function moverPodsMade({ world, namespace }: Volume, job: string): Promise<number> {
  const fields = `involvedObject.kind=Job,involvedObject.name=${job},reason=SuccessfulCreate`;
  const events = await world.kubectl.list<{ count?: number }>(namespace, 'events', '--field-selector', fields);
  return events.reduce((sum, event) => sum + (event.count ?? 1), 0);
}
