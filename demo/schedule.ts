import { Client, Connection } from '@temporalio/client';

export interface TriggeredRun<R> {
  readonly workflowId: string;
  readonly runId: string;
  readonly result: R;
}

/** How long a triggered action may take to appear in the Schedule's description, milliseconds. */
const APPEAR_MILLISECONDS = 30_000;

/**
 * Triggers a Schedule as the Temporal UI does and follows the run to its end. A run that the Schedule started by itself (the
 * first one of a new source) is followed instead of a second one. Throws the run's failure.
 */
export async function followTriggered<R>(
  temporal: { readonly address: string; readonly namespace: string },
  scheduleId: string,
): Promise<TriggeredRun<R>> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const client = new Client({ connection, namespace: temporal.namespace });
    const schedule = client.schedule.getHandle(scheduleId);
    const first = (await schedule.describe()).info;
    if (first.recentActions.length === 0 && first.runningActions.length === 0) await schedule.trigger();
    const deadline = Date.now() + APPEAR_MILLISECONDS;
    while (Date.now() < deadline) {
      const { recentActions } = (await schedule.describe()).info;
      const action = recentActions.at(-1)?.action;
      if (action) {
        const handle = client.workflow.getHandle(action.workflow.workflowId, action.workflow.firstExecutionRunId);
        const { workflowId, firstExecutionRunId: runId } = action.workflow;
        return { workflowId, runId, result: (await handle.result()) as R };
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`Schedule ${scheduleId} started no run within ${APPEAR_MILLISECONDS / 1000} s of its trigger`);
  } finally {
    await connection.close();
  }
}
