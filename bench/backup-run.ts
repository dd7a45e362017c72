import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { BackupRequest } from '../api/backup-request.ts';
import { Annotation } from '../api/metadata.ts';
import { defaultSourceName } from '../api/names.ts';
import {
  BACKUP_VOLUME,
  type BackupMoverResult,
  type BackupRecord,
  type BackupVolumeResult,
  backupWorkflowId,
} from '../workflows/backup/contract.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { activityResult } from './run-history.ts';
import { type Sightings, watchCollection } from './sightings.ts';
import { SECRET, type Stage } from './stage.ts';

/** One backup as its user sees it. Times in seconds since the client's call. */
export interface BackupSample {
  /** The record of this very run was seen on the claim. */
  readonly proven: number;
  /** The run closed: everything cleaned up. */
  readonly total: number;
  readonly historyEvents: number;
  readonly result: BackupVolumeResult;
  /** Post of the Job to running container, and Kopia's own time, seconds. */
  readonly mover: { readonly start: number; readonly kopia: number };
}

const LIMIT_SECONDS = 600;

export type ClaimSightings = Sightings<V1PersistentVolumeClaim>;

export const watchClaims = ({ kube, namespace }: Stage): Promise<ClaimSightings> =>
  watchCollection<V1PersistentVolumeClaim>(kube, `/api/v1/namespaces/${namespace}/persistentvolumeclaims`);

/** One backup from the client's call to its end. @throws Error unless it succeeded with every file read. */
export async function runBackup(stage: Stage, claim: string, more: Partial<BackupRequest> = {}): Promise<BackupSample> {
  const claims = await watchClaims(stage);
  try {
    return await followBackup(stage, claims, claim, more);
  } finally {
    claims.close();
  }
}

/** As {@link runBackup}, by a watch that several runs share. `since`: the moment that times count from. */
export async function followBackup(
  { temporal, namespace }: Stage,
  claims: ClaimSightings,
  claim: string,
  more: Partial<BackupRequest>,
  since = performance.now(),
): Promise<BackupSample> {
  const request: BackupRequest = { namespace, claim, secretName: SECRET, ...more };
  const handle = await temporal.workflow.start(BACKUP_VOLUME, {
    taskQueue: CONTROL_QUEUE,
    workflowId: backupWorkflowId(namespace, defaultSourceName(claim)),
    args: [request],
  });
  const runId = handle.firstExecutionRunId;
  const record = claims.until(
    `record of run ${runId} on claim ${claim}`,
    ({ object }) => object.metadata?.name === claim && recordOf(object)?.runId === runId,
    LIMIT_SECONDS,
  );
  // A run that fails never writes this record: its own failure is what has to be told.
  record.catch(() => undefined);
  const result = (await handle.result()) as BackupVolumeResult;
  const closedAt = performance.now();
  const seen = await record;
  if (recordOf(seen.object)?.outcome !== 'Succeeded' || result.unreadableFiles > 0) {
    throw new Error(`the backup of ${claim} is no success: ${JSON.stringify(result)}`);
  }
  const description = await handle.describe();
  const mover = await activityResult<BackupMoverResult>(handle, 'runBackupMover');
  return {
    proven: (seen.at - since) / 1000,
    total: (closedAt - since) / 1000,
    historyEvents: description.historyLength,
    result,
    mover: { start: mover.startMilliseconds / 1000, kopia: mover.kopiaMilliseconds / 1000 },
  };
}

function recordOf({ metadata }: V1PersistentVolumeClaim): BackupRecord | undefined {
  const text = metadata?.annotations?.[Annotation.lastBackup];
  return text === undefined ? undefined : (JSON.parse(text) as BackupRecord);
}
