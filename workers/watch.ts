import type { WorkflowClient } from '@temporalio/client';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { WATCH_CLUSTER, watchWorkflowId } from '../workflows/watch/contract.ts';
import type { Logger } from './logging.ts';

/** Starts the watch of declared objects, or leaves the one that runs. Throws the client's error. */
export async function ensureWatch(client: Pick<WorkflowClient, 'start'>, log: Logger): Promise<void> {
  const handle = await client.start(WATCH_CLUSTER, {
    workflowId: watchWorkflowId(),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: CONTROL_QUEUE,
    args: [],
    staticSummary: 'Keeps schedules, restores and status as declared in the cluster',
  });
  log.info({ runId: handle.firstExecutionRunId }, 'declared objects are watched');
}

/** `media,team-*` as a question. Pure. */
export function namespaceFilter(patterns: string): (namespace: string) => boolean {
  const expressions = patterns.split(',').map((pattern) => new RegExp(`^${pattern.trim().split('*').join('.*')}$`));
  return (namespace) => expressions.some((expression) => expression.test(namespace));
}
