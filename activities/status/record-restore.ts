import type { RestoreRecord, RestoreStep } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { buildEvent, EventReason } from './event.ts';
import { referenceTo } from './record-backup.ts';

const REASON = {
  Restored: EventReason.restored,
  StartedEmpty: EventReason.startedEmpty,
  Failed: EventReason.restoreFailed,
  Canceled: EventReason.restoreCanceled,
} as const;

/**
 * See RestoreControlActivities. The handover has written where the claim comes from; here only the event is made. After a
 * failure there may be no claim, so it is told at the destination, which may exist or not.
 */
export async function recordRestore(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  { run, request, result }: RestoreStep & { readonly result: RestoreRecord },
): Promise<void> {
  const { namespace, destination } = request;
  const done = result.outcome === 'Restored' || result.outcome === 'StartedEmpty';
  const claim = { namespace, name: request.claim };
  const about = done
    ? referenceTo(await cluster.get('PersistentVolumeClaim', claim), claim)
    : { apiVersion: 'volsync.backube/v1alpha1', kind: 'ReplicationDestination', namespace, name: destination };
  await cluster.create(
    'Event',
    buildEvent({
      about,
      run,
      reason: REASON[result.outcome],
      message: describeRestore(request.claim, result),
      warning: result.outcome === 'Failed',
      now: new Date(clock.now()),
    }),
  );
}

function describeRestore(claim: string, { outcome, snapshotId, durationSeconds, failure }: RestoreRecord): string {
  switch (outcome) {
    case 'Restored':
      return `claim ${claim} is back from snapshot ${snapshotId} after ${durationSeconds} s`;
    case 'StartedEmpty':
      return `claim ${claim} starts empty: there is no snapshot of it`;
    case 'Canceled':
      return `restore of claim ${claim} was canceled after ${durationSeconds} s`;
    case 'Failed':
      return `restore of claim ${claim} failed: ${failure ? `${failure.type}: ${failure.message}` : 'unknown reason'}`;
  }
}
