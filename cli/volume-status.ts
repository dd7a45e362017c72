import { isRunOf } from '../schedules/ids.ts';
import type { BackupRecord } from '../workflows/backup/contract.ts';
import { RESTORE_VOLUME, restoreWorkflowId } from '../workflows/restore/contract.ts';
import type { ClaimView } from './cluster.ts';
import type { ListedRun } from './runs.ts';

export interface ListedSchedule {
  readonly scheduleId: string;
  readonly namespace: string;
  readonly claim: string;
  readonly paused: boolean;
  /** Who paused it and why. */
  readonly note: string;
  /** RFC 3339; absent while paused. */
  readonly next?: string;
}

/** Everything that is known of one application volume. */
export interface VolumeStatus {
  readonly namespace: string;
  readonly claim: string;
  /** The claim's phase; `Missing` when a schedule declares it and it is not there; absent when the cluster can't be read. */
  readonly phase?: string;
  readonly capacity?: string;
  readonly schedules: readonly Pick<ListedSchedule, 'scheduleId' | 'paused' | 'note' | 'next'>[];
  readonly lastBackup?: BackupRecord;
  readonly lastFailure?: NonNullable<ClaimView['lastFailure']>;
  readonly restored?: NonNullable<ClaimView['restored']>;
  readonly running: readonly { readonly workflowId: string; readonly runId: string; readonly since: string }[];
}

/**
 * Joins schedules, open runs and claims by namespace and claim (pure). Claims that Stowage never had to do with are left
 * out; a run of a claim that neither a schedule nor the cluster knows (a first restore) is shown.
 */
export function joinStatus(known: {
  readonly schedules: readonly ListedSchedule[];
  readonly runs: readonly ListedRun[];
  readonly claims?: readonly ClaimView[];
}): VolumeStatus[] {
  const claims = new Map(known.claims?.map((claim) => [key(claim.namespace, claim.name), claim]));
  const restores = known.runs
    .filter(({ workflowType }) => workflowType === RESTORE_VOLUME)
    .map(({ workflowId }) => workflowId.split('/'))
    .map(([, namespace = '', claim = '']) => key(namespace, claim));
  const keys = new Set([
    ...known.schedules.map(({ namespace, claim }) => key(namespace, claim)),
    ...[...claims.values()].filter(concernsUs).map(({ namespace, name }) => key(namespace, name)),
    ...restores,
  ]);
  return [...keys].sort().map((volume) => {
    const [namespace = '', claim = ''] = volume.split('/');
    const schedules = known.schedules.filter((schedule) => key(schedule.namespace, schedule.claim) === volume);
    const ids = [...schedules.map(({ scheduleId }) => scheduleId), restoreWorkflowId(namespace, claim)];
    const found = claims.get(volume);
    const phase = found?.phase ?? (known.claims && 'Missing');
    return {
      namespace,
      claim,
      ...(phase && { phase }),
      ...(found?.capacity && { capacity: found.capacity }),
      schedules: schedules.map(({ scheduleId, paused, note, next }) => ({
        scheduleId,
        paused,
        note,
        ...(next && { next }),
      })),
      ...(found?.lastBackup && { lastBackup: found.lastBackup }),
      ...(found?.lastFailure && { lastFailure: found.lastFailure }),
      ...(found?.restored && { restored: found.restored }),
      running: known.runs
        .filter(({ workflowId }) => ids.some((id) => isRunOf(workflowId, id)))
        .map(({ workflowId, runId, startTime }) => ({ workflowId, runId, since: startTime.toISOString() })),
    };
  });
}

const key = (namespace: string, claim: string): string => `${namespace}/${claim}`;

const concernsUs = ({ lastBackup, lastFailure, restored }: ClaimView): boolean =>
  lastBackup !== undefined || lastFailure !== undefined || restored !== undefined;
