import { proxyActivities } from '@temporalio/workflow';

/** Bundled by the drain test alone: one activity on a queue of its own. */
export async function holdOnce(taskQueue: string, mode: string): Promise<string> {
  const { hold } = proxyActivities<{ hold(mode: string): Promise<string> }>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '20 seconds',
    retry: { initialInterval: '50 milliseconds', maximumAttempts: 3 },
  });
  return await hold(mode);
}
