import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { sourceOf } from '../../workers/workflow-bundle.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { CONTROL_QUEUE, MOVERS_QUEUE, repositoryQueue } from '../../workflows/task-queues.ts';
import { ensureTimeSkippingServer } from '../servers/time-skipping-server.ts';
import { type AllActivities, countCalls, succeedingActivities } from './stubs.ts';

export interface Harness {
  /** Runs a workflow to its end against stubs; `change` replaces single activities. */
  start(
    type: string,
    input: unknown,
    change?: Partial<AllActivities>,
    during?: (handle: WorkflowHandle) => Promise<void>,
  ): Promise<RunOutcome>;
  close(): Promise<void>;
}

export interface RunOutcome {
  /** Names of the activities in the order in which they were called. */
  readonly calls: readonly string[];
  readonly result?: unknown;
  readonly error?: unknown;
  readonly events: number;
  readonly handle: WorkflowHandle;
}

/** A cancel reaches an activity with its next heartbeat; the default holds heartbeats back for half a minute. */
const quick = { maxHeartbeatThrottleInterval: '50ms', defaultHeartbeatThrottleInterval: '50ms' } as const;

/** The real workflow code on Temporal's time-skipping server, with typed stubs for every activity. */
export async function createHarness(): Promise<Harness> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
  });
  const path = await ensureTimeSkippingServer();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  // As workers bundle them: what runs share is loaded before the first of them, and frozen.
  const { workflowsPath, bundlerOptions } = sourceOf(fileURLToPath(new URL('../../', import.meta.url)));
  const bundle: WorkflowBundle = await bundleWorkflowCode({ workflowsPath, ...bundlerOptions });
  await registerSearchAttributes(environment);
  return {
    async start(
      type,
      input,
      change = {},
      during = async () => undefined,
      _workflowId = `test/${type}/${randomUUID()}`,
    ) {
      const calls: string[] = [];
      const stubs = { ...succeedingActivities(calls), ...countCalls(change, calls) };
      const queues = [MOVERS_QUEUE, repositoryQueue('kopia')];
      const connection = environment.nativeConnection;
      const workers = await Promise.all([
        Worker.create({ ...quick, connection, taskQueue: CONTROL_QUEUE, workflowBundle: bundle, activities: stubs }),
        ...queues.map((taskQueue) => Worker.create({ ...quick, connection, taskQueue, activities: stubs })),
      ]);
      const running = workers.map((worker) => worker.run());
      try {
        const handle = await environment.client.workflow.start(type, {
          taskQueue: CONTROL_QUEUE,
          workflowId: `test/${type}/${randomUUID()}`,
          args: [input],
        });
        const [ended] = await Promise.all([
          handle.result().then(
            (result: unknown) => ({ result }),
            (error: unknown) => ({ error }),
          ),
          during(handle),
        ]);
        const events = (await handle.fetchHistory()).events?.length ?? 0;
        return { calls, handle, events, ...ended };
      } finally {
        for (const worker of workers) worker.shutdown();
        await Promise.all(running);
      }
    },
    close: () => environment.teardown(),
  };
}

async function registerSearchAttributes(environment: TestWorkflowEnvironment): Promise<void> {
  const KEYWORD = 2;
  await environment.connection.operatorService
    .addSearchAttributes({
      namespace: environment.namespace ?? 'default',
      searchAttributes: Object.fromEntries(Object.values(SearchAttribute).map((name) => [name, KEYWORD])),
    })
    .catch(() => undefined);
}

/** The typed failure with which a run ended. Throws when it did not end with one. */
export function ending(error: unknown): ApplicationFailure {
  const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
  if (cause instanceof ApplicationFailure) return cause;
  throw new Error(`the run did not end with a typed failure but with ${String(error)}`, { cause: error });
}
