import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import type { BackupRecord, BackupStep } from '../../workflows/backup/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { buildEvent, EventReason } from './event.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>;

const REASON = {
  Succeeded: EventReason.backupSucceeded,
  Failed: EventReason.backupFailed,
  Canceled: EventReason.backupCanceled,
} as const;

/** See BackupControlActivities. The record goes first: it is the truth, the event only tells of it. */
export async function recordBackup(
  { cluster, clock, log }: Dependencies,
  { run, request, record }: BackupStep & { readonly record: BackupRecord },
): Promise<void> {
  const ref = { namespace: request.namespace, name: request.claim };
  const annotations = recordAnnotations(record);
  const claim = annotations
    ? await cluster.patch('PersistentVolumeClaim', ref, { metadata: { annotations } })
    : await cluster.get('PersistentVolumeClaim', ref);
  if (!claim) {
    log.info({ ...ref, outcome: record.outcome }, 'the claim is gone: its backup is recorded nowhere on the cluster');
    return;
  }
  await cluster.create(
    'Event',
    buildEvent({
      about: referenceTo(claim, ref),
      run,
      reason: REASON[record.outcome],
      message: describeBackup(record),
      warning: record.outcome === 'Failed',
      now: new Date(clock.now()),
    }),
  );
}

/** A success replaces the last one and clears the last failure; a failure leaves the last success standing. */
function recordAnnotations(record: BackupRecord): Record<string, string | null> | undefined {
  if (record.outcome === 'Succeeded') {
    return { [Annotation.lastBackup]: JSON.stringify(record), [Annotation.lastFailure]: null };
  }
  if (record.outcome === 'Canceled') return undefined;
  const { failure, finishedAt, runId, workflowId } = record;
  return { [Annotation.lastFailure]: JSON.stringify({ ...failure, time: finishedAt, runId, workflowId }) };
}

/** One sentence for `kubectl describe`. */
function describeBackup({ outcome, snapshotId, files, bytes, durationSeconds, failure }: BackupRecord): string {
  if (outcome === 'Succeeded') return `snapshot ${snapshotId}: ${files} files, ${bytes} bytes in ${durationSeconds} s`;
  if (outcome === 'Canceled') return `canceled after ${durationSeconds} s`;
  return failure ? `${failure.type}: ${failure.message}` : 'failed';
}

/** With the uid: without it `kubectl describe` does not find the event. */
export function referenceTo(
  claim: V1PersistentVolumeClaim | undefined,
  ref: { readonly namespace: string; readonly name: string },
) {
  const uid = claim?.metadata?.uid;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...ref, ...(uid ? { uid } : {}) };
}
