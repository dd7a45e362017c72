import { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createControlActivities } from '../activities/control-activities.ts';
import { preflightWatches } from '../activities/volume/preflight-watches.ts';
import { createWatchActivities } from '../activities/watch-activities.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { createClusterDependencies } from './cluster-dependencies.ts';
import { tellKnownDrills } from './known-drills.ts';
import { observeRecords } from './observe-records.ts';
import { createOrchestrator } from './orchestrator.ts';
import { ensureSearchAttributes } from './search-attributes.ts';
import { ensureWatch, namespaceFilter } from './watch.ts';
import { type OpenRole, pollers, type RoleContext, sharedOptions } from './worker-options.ts';
import { findWorkflows, programRoot } from './workflow-bundle.ts';

/** Activities here wait for the cluster for minutes at most; a step that is cut off is taken up again by the next worker. */
const GRACE_SECONDS = 20;

/** Each workflow task is a few milliseconds of one thread; more at once only wait for it. */
const WORKFLOW_TASKS = 40;

/** The workflows themselves, and the short calls to the cluster. */
export async function openControl(context: RoleContext): Promise<OpenRole> {
  const { slots, cachedWorkflows } = context.config.control;
  const { connection, config, telemetry } = context;
  await ensureSearchAttributes(connection, config.temporal.namespace, telemetry.log);
  const { dependencies, close } = createClusterDependencies(context, preflightWatches(context.config.namespace));
  void tellKnownDrills(dependencies, telemetry.metrics);
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const activities = {
    ...observeRecords(createControlActivities(dependencies), telemetry.metrics),
    ...createWatchActivities({
      ...dependencies,
      orchestrator: createOrchestrator(client),
      watch: { isWatched: namespaceFilter(config.watch.namespaces), repository: DEFAULT_REPOSITORY },
      stopping: context.stopping,
    }),
  };
  if (config.watch.enabled) await ensureWatch(client.workflow, telemetry.log);
  const worker = await Worker.create({
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
  return { worker, activities: Object.keys(activities), close: async () => close() };
}
