import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { RunReference } from '../workflows/backup/contract.ts';
import { type MoverProgress, type PhaseTiming, PROGRESS_QUERY, type RunProgress } from '../workflows/progress.ts';

/** How long a worker may take to answer the query before the phases are simply not shown, milliseconds. */
const QUERY_TIMEOUT = 3000;

/** What can be seen of a run at one moment. */
export interface RunView {
  readonly open: boolean;
  readonly startTime: Date;
  /** The phase that the run is in; absent when no worker answers. */
  readonly phase?: string;
  readonly phases: readonly PhaseTiming[];
  readonly steps: readonly StepView[];
  /** False when no worker answered the query. */
  readonly answered: boolean;
}

/** An activity that is under way or waits for its next attempt. */
export interface StepView {
  readonly activity: string;
  readonly attempt: number;
  /** Why the last attempt ended. */
  readonly lastFailure?: { readonly type?: string; readonly message: string };
  readonly mover?: MoverProgress;
}

/** Looks at a run: its description (also without any worker) and its own answer to the query `progress`. */
export async function viewRun(client: Client, run: RunReference): Promise<RunView> {
  const handle = client.workflow.getHandle(run.workflowId, run.runId);
  const description = await handle.describe();
  const open = description.status.name === 'RUNNING';
  const progress = open ? await queryProgress(client, run) : undefined;
  return {
    open,
    startTime: description.startTime,
    ...(progress && { phase: progress.phase }),
    phases: progress?.phases ?? [],
    steps: pendingSteps(description),
    answered: progress !== undefined,
  };
}

/** The run's own word on its phases; undefined when no worker answers in time. */
export async function queryProgress(client: Client, run: RunReference): Promise<RunProgress | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT, () =>
      client.workflow.getHandle(run.workflowId, run.runId).query<RunProgress>(PROGRESS_QUERY),
    );
  } catch {
    // Without a worker the run still shows what its description tells.
    return undefined;
  }
}

function pendingSteps({ raw }: WorkflowExecutionDescription): StepView[] {
  return (raw.pendingActivities ?? []).map((activity) => {
    const failure = activity.lastFailure;
    const type = failure?.applicationFailureInfo?.type;
    const mover = moverProgress(activity.heartbeatDetails?.payloads?.[0]);
    return {
      activity: activity.activityType?.name ?? 'activity',
      attempt: Number(activity.attempt ?? 1),
      ...(failure?.message && { lastFailure: { message: failure.message, ...(type && { type }) } }),
      ...(mover && { mover }),
    };
  });
}

/** A heartbeat that is not a mover's, or is encrypted, shows no progress. */
function moverProgress(payload: Payload | undefined | null): MoverProgress | undefined {
  if (!payload) return undefined;
  try {
    const details: unknown = defaultPayloadConverter.fromPayload(payload);
    const isProgress = typeof details === 'object' && details !== null && 'jobName' in details && 'state' in details;
    return isProgress ? (details as MoverProgress) : undefined;
  } catch {
    return undefined;
  }
}
