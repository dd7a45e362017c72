import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import { suspicionAnnotation } from '../../api/suspicion.ts';
import type { BackupRecord, BackupStep } from '../../workflows/backup/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { sourceReference } from './backup-events.ts';
import { backupStatus } from './backup-status.ts';
import { EventReason, tell } from './event.ts';
import { writeSourceStatus } from './source-status.ts';

type Dependencies = Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>;

const REASON = {
  Succeeded: EventReason.backupSucceeded,
  Failed: EventReason.backupFailed,
  Canceled: EventReason.backupCanceled,
} as const;

/** See BackupControlActivities. The records go first: they are the truth, the events only tell of it. */
export async function recordBackup(
  dependencies: Dependencies,
  step: BackupStep & { readonly record: BackupRecord },
): Promise<void> {
  const { cluster, log } = dependencies;
  const { run, request, record } = step;
  const ref = { namespace: request.namespace, name: request.claim };
  const annotations = recordAnnotations(request.source, record);
  const claim = annotations
    ? await cluster.patch('PersistentVolumeClaim', ref, { metadata: { annotations } })
    : await cluster.get('PersistentVolumeClaim', ref);
  const said = describeBackup(record);
  const source = await writeSourceStatus(dependencies, step, ({ status }) =>
    backupStatus(status, record, request.manual, said),
  );
  if (!claim && !source) {
    log.info({ ...ref, outcome: record.outcome }, 'the claim is gone: its backup is recorded nowhere on the cluster');
    return;
  }
  const about = source ? sourceReference(request, source.metadata?.uid) : referenceTo(claim, ref);
  const warning = record.outcome === 'Failed';
  await tell(dependencies, { about, run, reason: REASON[record.outcome], message: said, warning });
  const { suspicious } = record;
  if (!suspicious) return;
  const { message } = suspicious;
  await tell(dependencies, { about, run, reason: EventReason.suspicious, message, warning: true });
}

/** A success replaces the last one and clears the last failure; a failure leaves the last success standing. */
function recordAnnotations(source: string, record: BackupRecord): Record<string, string | null> | undefined {
  if (record.outcome === 'Succeeded') {
    const { suspicious } = record;
    return {
      [Annotation.lastBackup]: JSON.stringify(record),
      [Annotation.lastFailure]: null,
      [suspicionAnnotation(source)]: suspicious ? JSON.stringify(suspicious) : null,
    };
  }
  if (record.outcome === 'Canceled') return undefined;
  const { failure, finishedAt, runId, workflowId } = record;
  return { [Annotation.lastFailure]: JSON.stringify({ ...failure, time: finishedAt, runId, workflowId }) };
}

/** One sentence for `kubectl describe`, and for the status of the source. */
function describeBackup({
  outcome,
  snapshotId,
  files,
  bytes,
  durationSeconds,
  failure,
  suspicious,
}: BackupRecord): string {
  if (outcome === 'Canceled') return `canceled after ${durationSeconds} s`;
  if (outcome === 'Failed') return failure ? `${failure.type}: ${failure.message}` : 'failed';
  const done = `snapshot ${snapshotId}: ${files} files, ${bytes} bytes in ${durationSeconds} s`;
  return suspicious ? `${done}; Suspicious: ${suspicious.message}` : done;
}

/** With the uid: without it `kubectl describe` does not find the event. */
export function referenceTo(
  claim: V1PersistentVolumeClaim | undefined,
  ref: { readonly namespace: string; readonly name: string },
) {
  const uid = claim?.metadata?.uid;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...ref, ...(uid ? { uid } : {}) };
}
