import { continueAsNew, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { CONTROL_QUEUE } from '../task-queues.ts';
import type { WatchActivities } from './contract.ts';

/**
 * Keeps the cluster watched: one activity, taken over by another worker when its own dies. Temporal is the leader election.
 * Attempts add nothing to the history, so this run stays as short as it began.
 */
export async function watchCluster(): Promise<void> {
  setCurrentDetails(
    [
      '### Declared objects are watched',
      'One activity watches every ReplicationSource, ReplicationDestination and claim, and keeps schedules, restores and status as declared.',
      'Its heartbeat (pending activities) says what it sees. Terminating this run stops nothing but the watch; the control worker starts it again at its own next start.',
    ].join('\n\n'),
  );
  const { watchDeclaredObjects } = proxyActivities<WatchActivities>({
    taskQueue: CONTROL_QUEUE,
    startToCloseTimeout: '7 days',
    // A dead worker is noticed after this, and its successor starts a second later.
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 1 },
    summary: 'Watch sources, destinations and claims',
  });
  await watchDeclaredObjects();
  await continueAsNew<typeof watchCluster>();
}
