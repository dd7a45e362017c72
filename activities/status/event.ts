import type { CoreV1Event, V1ObjectReference } from '@kubernetes/client-node';
import { Label, MANAGED_BY } from '../../api/metadata.ts';
import { limitName, shortHash } from '../../api/names.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';

/** Stable words: people filter events and build alerts by them. */
export const EventReason = {
  claimCreated: 'PersistentVolumeClaimCreated',
  volumeSnapshotCreated: 'VolumeSnapshotCreated',
  transferStarted: 'TransferStarted',
  backupSucceeded: 'BackupSucceeded',
  backupFailed: 'BackupFailed',
  backupCanceled: 'BackupCanceled',
  restored: 'Restored',
  startedEmpty: 'StartedEmpty',
  restoreFailed: 'RestoreFailed',
  restoreCanceled: 'RestoreCanceled',
} as const;
export type EventReason = (typeof EventReason)[keyof typeof EventReason];

/** The API server refuses longer messages, characters. */
const MAX_MESSAGE = 1024;

export interface EventRequest {
  readonly about: V1ObjectReference & { readonly namespace: string; readonly name: string };
  readonly run: RunReference;
  readonly reason: EventReason;
  readonly message: string;
  readonly warning: boolean;
  readonly now: Date;
}

/** An event of one run. Its name follows from run, reason and object, so that a repeated write makes no second one. */
export function buildEvent({ about, run, reason, message, warning, now }: EventRequest): CoreV1Event {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      namespace: about.namespace,
      name: limitName(`${about.name}.${shortHash(`${run.runId}/${reason}/${about.kind}`)}`),
      labels: { [Label.managedBy]: MANAGED_BY, [Label.run]: run.runId },
    },
    involvedObject: about,
    reason,
    message: message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`,
    type: warning ? 'Warning' : 'Normal',
    source: { component: MANAGED_BY },
    reportingComponent: MANAGED_BY,
    reportingInstance: MANAGED_BY,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
