import { Client, Connection } from '@temporalio/client';

/** A run that ended, as the Temporal UI finds it. */
export interface EndedRun<R> {
  readonly workflowId: string;
  readonly runId: string;
  readonly result: R;
}

/** What the demo looks at in Temporal. */
export interface DemoTemporal {
  /** The next times of a Schedule, and its time zone. Throws while there is no such Schedule. */
  schedule(scheduleId: string): Promise<{ readonly nextTimes: readonly Date[]; readonly timeZone: string }>;
  /** Triggers a Schedule as the Temporal UI does, and follows the run that it starts. Throws the run's failure. */
  trigger<R>(scheduleId: string): Promise<EndedRun<R>>;
  /** The newest run of a workflow, with its result. Throws the run's failure. */
  lastRun<R>(workflowId: string): Promise<EndedRun<R>>;
  close(): Promise<void>;
}

/** How long a triggered action may take to appear in the Schedule's description, milliseconds. */
const APPEAR_MILLISECONDS = 30_000;
const LOOK_EVERY = 200;

export async function demoTemporal(address: string, namespace: string): Promise<DemoTemporal> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const follow = async <R>(workflowId: string, runId?: string): Promise<EndedRun<R>> => {
    const handle = client.workflow.getHandle(workflowId, runId);
    const result = (await handle.result()) as R;
    return { workflowId, runId: runId ?? (await handle.describe()).runId, result };
  };
  return {
    async schedule(scheduleId) {
      const { info, spec } = await client.schedule.getHandle(scheduleId).describe();
      return { nextTimes: info.nextActionTimes, timeZone: spec.timezone ?? 'UTC' };
    },
    async trigger(scheduleId) {
      const schedule = client.schedule.getHandle(scheduleId);
      const runs = async () => (await schedule.describe()).info.recentActions.map(({ action }) => action.workflow);
      const known = new Set((await runs()).map((run) => run.firstExecutionRunId));
      await schedule.trigger();
      const deadline = Date.now() + APPEAR_MILLISECONDS;
      while (Date.now() < deadline) {
        const run = (await runs()).find(({ firstExecutionRunId }) => !known.has(firstExecutionRunId));
        if (run) return await follow(run.workflowId, run.firstExecutionRunId);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      }
      throw new Error(`Schedule ${scheduleId} started no run within ${APPEAR_MILLISECONDS / 1000} s of its trigger`);
    },
    lastRun: (workflowId) => follow(workflowId),
    close: () => connection.close(),
  };
}
