import { Worker } from '@temporalio/worker';
import { MOVERS_QUEUE } from '../workflows/task-queues.ts';
import { pollers, sharedOptions, type WorkerContext } from './worker-options.ts';

/** Short on purpose: a mover's Job goes on without its follower, and another worker takes over the moment this one lets go. */
const GRACE_SECONDS = 3;

/** The long calls that follow mover Jobs; their number is what limits how many volumes move at once. */
export async function createMoversWorker(context: WorkerContext, activities: object): Promise<Worker> {
  const { slots } = context.config.movers;
  return await Worker.create({
    ...sharedOptions(context, GRACE_SECONDS),
    taskQueue: MOVERS_QUEUE,
    activities,
    maxConcurrentActivityTaskExecutions: slots,
    activityTaskPollerBehavior: pollers(slots),
  });
}
