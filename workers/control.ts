import { Worker } from '@temporalio/worker';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { pollers, sharedOptions, type WorkerContext } from './worker-options.ts';
import { findWorkflows, programRoot } from './workflow-bundle.ts';

/** Activities here wait for the cluster for minutes at most; a step that is cut off is taken up again by the next worker. */
const GRACE_SECONDS = 20;

/** Each workflow task is a few milliseconds of one thread; more at once only wait for it. */
const WORKFLOW_TASKS = 40;

/** The workflows themselves, and the short calls to the cluster. */
export async function createControlWorker(context: WorkerContext, activities: object): Promise<Worker> {
  const { slots, cachedWorkflows } = context.config.control;
  return await Worker.create({
    ...sharedOptions(context, GRACE_SECONDS),
    ...(await findWorkflows(programRoot())),
    taskQueue: CONTROL_QUEUE,
    activities,
    maxConcurrentActivityTaskExecutions: slots,
    maxConcurrentLocalActivityExecutions: slots,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS,
    maxCachedWorkflows: cachedWorkflows,
    activityTaskPollerBehavior: pollers(slots),
    workflowTaskPollerBehavior: pollers(WORKFLOW_TASKS),
    // One context for all runs: a third of the memory, and one thread is then enough.
    reuseV8Context: true,
  });
}
