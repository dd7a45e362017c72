import { Worker } from '@temporalio/worker';
import { createMoverActivities } from '../activities/mover-activities.ts';
import { MOVERS_QUEUE } from '../workflows/task-queues.ts';
import { createClusterDependencies } from './cluster-dependencies.ts';
import { type OpenRole, pollers, type RoleContext, sharedOptions } from './worker-options.ts';

/** Short on purpose: a mover's Job goes on without its follower, and another worker takes over the moment this one lets go. */
const GRACE_SECONDS = 3;

/** The long calls that follow mover Jobs; the number of slots is what limits how many volumes move at once. */
export async function openMovers(context: RoleContext): Promise<OpenRole> {
  const { slots } = context.config.movers;
  const { dependencies, close } = createClusterDependencies(context);
  const activities = createMoverActivities({ ...dependencies, reports: context.uploads });
  const worker = await Worker.create({
    ...sharedOptions(context, GRACE_SECONDS),
    taskQueue: MOVERS_QUEUE,
    activities,
    maxConcurrentActivityTaskExecutions: slots,
    activityTaskPollerBehavior: pollers(slots),
  });
  return { worker, activities: Object.keys(activities), close: async () => close() };
}
