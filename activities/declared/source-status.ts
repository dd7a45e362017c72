import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { UnsupportedField } from '../../api/declared-fields.ts';
import { ConditionType, type DeclaredStatus, type WatchStatus } from '../../api/declared-object.ts';
import { Annotation } from '../../api/metadata.ts';
import { nextTick } from '../../api/next-tick.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { wholeSeconds } from '../../api/run-status.ts';
import { suspicionOf } from '../../api/suspicion.ts';
import { FailureType } from '../../workflows/failures.ts';
import { buildConditions, type WantedCondition } from './condition.ts';
import { HoldReason, type Problem } from './problem.ts';

/** Everything from which a source's conditions follow. */
export interface SourceFacts {
  readonly status: DeclaredStatus | undefined;
  readonly generation: number | undefined;
  /** Undefined when it can't be read as a source. */
  readonly source: DeclaredSource | undefined;
  readonly problem: Problem | undefined;
  /** What a run found suspicious and nobody approved yet. */
  readonly suspicion: string | undefined;
  /** What a verification of the repository found damaged that its snapshots need. */
  readonly damage: string | undefined;
  readonly now: Date;
}

/** The watch's part of a source's status. Pure. */
export function buildSourceStatus(facts: SourceFacts): WatchStatus {
  const { status, generation, source, problem, suspicion, damage, now } = facts;
  const stands = (type: ConditionType): boolean =>
    status?.conditions?.some((condition) => condition.type === type) === true;
  const wanted: WantedCondition[] = [
    synchronizing(facts),
    protectedCondition(facts),
    ...(source ? [fieldsHonoured(source.unsupported)] : []),
  ];
  if (damage !== undefined || stands(ConditionType.restorable)) wanted.push(restorable(damage));
  if (suspicion !== undefined || stands(ConditionType.suspicious)) wanted.push(suspicious(suspicion));
  const runs = source?.schedule !== undefined && !source.paused && source.manual === undefined && !problem;
  const next = runs && source.schedule ? nextTick(source.schedule, now) : undefined;
  return {
    ...(next ? { nextSyncTime: wholeSeconds(next) } : {}),
    conditions: buildConditions(wanted, status?.conditions ?? [], generation, now),
  };
}

/** VolSync's condition, in VolSync's words where it has them: scripts and dashboards read it. */
function synchronizing({ status, source, problem }: SourceFacts): WantedCondition {
  const type = ConditionType.synchronizing;
  if (status?.lastSyncStartTime) {
    return { type, status: 'True', reason: 'SyncInProgress', message: 'Synchronization in-progress' };
  }
  const failure = problem?.message ?? failureOf(status);
  if (failure !== undefined) return { type, status: 'False', reason: 'Error', message: failure };
  if (source?.paused) {
    return { type, status: 'False', reason: HoldReason.paused, message: 'spec.paused is true: no backup is started' };
  }
  return source?.manual === undefined
    ? { type, status: 'False', reason: 'WaitingForSchedule', message: 'Waiting for next scheduled synchronization' }
    : { type, status: 'False', reason: 'WaitingForManual', message: 'Waiting for manual trigger' };
}

function protectedCondition({ status, problem }: SourceFacts): WantedCondition {
  const type = ConditionType.protected;
  const last = status?.lastSyncTime ? `last good backup at ${status.lastSyncTime}` : 'there is no backup yet';
  if (problem) return { type, status: 'False', reason: problem.reason, message: `${problem.message}; ${last}` };
  const failure = failureOf(status);
  if (failure !== undefined) {
    return { type, status: 'False', reason: failureReason(failure), message: `${failure}; ${last}` };
  }
  if (!status?.lastSyncTime) return { type, status: 'False', reason: HoldReason.neverBackedUp, message: last };
  const logs = status.latestMoverStatus?.logs;
  return { type, status: 'True', reason: 'BackupProven', message: logs ? `${last}: ${logs}` : last };
}

/**
 * Why retention is held. A claim says it from its first recorded backup on: until then (it is lost, or came back and was not
 * backed up yet), and where the source can't be read, what was said before stands. Pure.
 */
export function standingSuspicion(
  status: DeclaredStatus | undefined,
  source: DeclaredSource | undefined,
  claim: V1PersistentVolumeClaim | undefined,
): string | undefined {
  const said = source && suspicionOf(claim, source.name)?.message;
  const decided = source && claim?.metadata?.annotations?.[Annotation.lastBackup] !== undefined;
  if (said !== undefined || decided) return said;
  const before = status?.conditions?.find(({ type }) => type === ConditionType.suspicious);
  return before?.status === 'True' ? before.message : undefined;
}

/** Names every field that has no effect, so that none is ignored in silence. */
export function fieldsHonoured(unsupported: readonly UnsupportedField[]): WantedCondition {
  const type = ConditionType.fieldsHonoured;
  if (unsupported.length === 0) {
    return { type, status: 'True', reason: 'AllFieldsHonoured', message: 'Every declared field has its effect' };
  }
  const message = unsupported.map(({ field, message: what }) => `${field} ${what}`).join('; ');
  return { type, status: 'False', reason: 'UnsupportedFields', message };
}

function restorable(damage: string | undefined): WantedCondition {
  const type = ConditionType.restorable;
  return damage === undefined
    ? { type, status: 'True', reason: 'NoDamageKnown', message: 'The damage that was known is gone' }
    : { type, status: 'False', reason: FailureType.RepositoryCorrupt, message: damage };
}

function suspicious(suspicion: string | undefined): WantedCondition {
  const type = ConditionType.suspicious;
  return suspicion === undefined
    ? { type, status: 'False', reason: 'Approved', message: 'Nothing is held' }
    : { type, status: 'True', reason: 'RetentionHeld', message: suspicion };
}

/** The last run's failure as the run wrote it (`Type: message`); undefined when it did not fail. */
export function failureOf(status: DeclaredStatus | undefined): string | undefined {
  if (status?.latestMoverStatus?.result !== 'Failed') return undefined;
  return status.latestMoverStatus.logs || `${FailureType.MoverFailed}: the run failed`;
}

/** The type at the beginning of a failure's text. */
export function failureReason(failure: string): string {
  const [word = ''] = failure.split(':', 1);
  return word in FailureType ? word : FailureType.MoverFailed;
}
