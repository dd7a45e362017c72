import type { CoreV1Event, V1ObjectReference } from '@kubernetes/client-node';
import { Label, MANAGED_BY } from '../../api/metadata.ts';
import { limitName, shortHash } from '../../api/names.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** Stable words: people filter events and build alerts by them. */
export const EventReason = {
  /** VolSync's words for the steps of a run. */
  volumeSnapshotCreated: 'VolumeSnapshotCreated',
  claimCreated: 'PersistentVolumeClaimCreated',
  transferStarted: 'TransferStarted',
  backupSucceeded: 'BackupSucceeded',
  backupFailed: 'BackupFailed',
  backupCanceled: 'BackupCanceled',
  /** The source shrank suddenly, and its retention is held. */
  suspicious: 'Suspicious',
  restored: 'Restored',
  startedEmpty: 'StartedEmpty',
  restoreFailed: 'RestoreFailed',
  restoreCanceled: 'RestoreCanceled',
  /** A run of a repository's care. */
  careSucceeded: 'CareSucceeded',
  careFailed: 'CareFailed',
  drillPassed: 'DrillPassed',
  drillFailed: 'DrillFailed',
  /** VolSync's words for the run that answers `spec.trigger.manual` of a KopiaMaintenance. */
  manualMaintenanceCompleted: 'ManualMaintenanceCompleted',
  manualMaintenanceFailed: 'ManualMaintenanceFailed',
  /** A declared object can't be acted on; the message names the field and the remedy. */
  held: 'Held',
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

/** VolSync's actions; who filters by them finds the same. */
const ACTION: Partial<Record<EventReason, string>> = {
  VolumeSnapshotCreated: 'CreateVolumeSnapshot',
  PersistentVolumeClaimCreated: 'CreatePersistentVolumeClaim',
};

/** An event of one run. Its name follows from run, reason and kind, so that a repeated write makes no second one. */
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
    ...(ACTION[reason] ? { action: ACTION[reason] } : {}),
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

/**
 * Tells of a run. Nothing depends on an event, so one that can't be written is noted in the log and nothing more; never
 * throws.
 */
export async function tell(
  { cluster, clock, log }: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>,
  event: Omit<EventRequest, 'now'>,
): Promise<void> {
  try {
    await cluster.create('Event', buildEvent({ ...event, now: new Date(clock.now()) }));
  } catch (error) {
    log.warn({ error, reason: event.reason, about: event.about.name }, 'an event could not be written');
  }
}
