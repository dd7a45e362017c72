import { Worker } from '@temporalio/worker';
import { repositoryQueue } from '../workflows/task-queues.ts';
import { createRepositoryDependencies } from './repository-dependencies.ts';
import { type OpenRole, pollers, type RoleContext, sharedOptions } from './worker-options.ts';

/** Most calls take a fraction of a second; a policy that is being written should end. */
const GRACE_SECONDS = 20;

/** What stands beside one repository: no cluster access, a queue of its own. */
export async function openRepository(context: RoleContext): Promise<OpenRole> {
  const { name, slots } = context.config.repository;
  const { activities, close } = createRepositoryDependencies(context);
  const worker = await Worker.create({
    ...sharedOptions(context, GRACE_SECONDS),
    taskQueue: repositoryQueue(name),
    activities,
    maxConcurrentActivityTaskExecutions: slots,
    activityTaskPollerBehavior: pollers(slots),
  });
  return { worker, activities: Object.keys(activities), close };
}
