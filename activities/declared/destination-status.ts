import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { ConditionType, type DeclaredStatus, type WatchStatus } from '../../api/declared-object.ts';
import { Annotation } from '../../api/metadata.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import { buildConditions, type WantedCondition } from './condition.ts';
import { HoldReason, type Problem } from './problem.ts';
import { failureOf, failureReason, fieldsHonoured } from './source-status.ts';

/** Everything from which a destination's conditions follow. */
export interface DestinationFacts {
  readonly status: DeclaredStatus | undefined;
  readonly generation: number | undefined;
  /** Undefined when it can't be read as a destination. */
  readonly destination: DeclaredDestination | undefined;
  readonly problem: Problem | undefined;
  /** Its claim and those that name it as their data source, as far as they exist. */
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Names of claims that are missing or wait for it. */
  readonly wanted: readonly string[];
  readonly now: Date;
}

/** The watch's part of a destination's status. Pure. */
export function buildDestinationStatus(facts: DestinationFacts): WatchStatus {
  const { status, generation, destination, now } = facts;
  const wanted: WantedCondition[] = [
    synchronizing(facts),
    restored(facts),
    ...(destination ? [fieldsHonoured(destination.unsupported)] : []),
  ];
  return { conditions: buildConditions(wanted, status?.conditions ?? [], generation, now) };
}

function synchronizing({ status, destination, problem }: DestinationFacts): WantedCondition {
  const type = ConditionType.synchronizing;
  if (status?.lastSyncStartTime) {
    return { type, status: 'True', reason: 'SyncInProgress', message: 'Synchronization in-progress' };
  }
  const failure = problem?.message ?? failureOf(status);
  if (failure !== undefined) return { type, status: 'False', reason: 'Error', message: failure };
  if (destination?.paused) {
    return { type, status: 'False', reason: HoldReason.paused, message: 'spec.paused is true: nothing is restored' };
  }
  return { type, status: 'False', reason: 'WaitingForManual', message: 'Waiting for manual trigger' };
}

function restored({ status, destination, problem, claims, wanted }: DestinationFacts): WantedCondition {
  const type = ConditionType.restored;
  if (problem) return { type, status: 'False', reason: problem.reason, message: problem.message };
  const failure = failureOf(status);
  if (wanted.length > 0 || (failure !== undefined && claims.length === 0)) {
    if (failure !== undefined) return { type, status: 'False', reason: failureReason(failure), message: failure };
    if (destination?.paused)
      return { type, status: 'False', reason: HoldReason.paused, message: 'spec.paused is true: nothing is restored' };
    const names = wanted.map((name) => `claim ${name}`).join(', ');
    return { type, status: 'False', reason: 'ClaimMissing', message: `${names} is brought back by itself` };
  }
  if (claims.length > 0) {
    const texts = claims.map(describeClaim);
    const reasons = new Set(texts.map(({ reason }) => reason));
    const [first = 'ClaimExists'] = reasons;
    const message = texts.map(({ text }) => text).join('; ');
    return { type, status: 'True', reason: reasons.size === 1 ? first : 'Restored', message };
  }
  const image = status?.latestImage;
  if (image) {
    return {
      type,
      status: 'True',
      reason: 'ImageReady',
      message: `${image.kind} ${image.name} holds the restored data`,
    };
  }
  return {
    type,
    status: 'False',
    reason: 'NothingWanted',
    message: 'No claim is declared that would be restored from it',
  };
}

/** How a claim came to be, from what the handover wrote on it: it says so as long as it lives. */
function describeClaim({ metadata }: V1PersistentVolumeClaim): { readonly reason: string; readonly text: string } {
  const name = `claim ${metadata?.name}`;
  const annotations = metadata?.annotations ?? {};
  const snapshot = annotations[Annotation.restoredFrom];
  if (snapshot !== undefined) {
    const time = annotations[Annotation.restoredSnapshotTime];
    return { reason: 'Restored', text: `${name} came back from snapshot ${snapshot} of ${time}` };
  }
  if (annotations[Annotation.restoredBy] !== undefined) {
    return {
      reason: 'StartedEmpty',
      text: `${name} started empty: the repository can be read and holds no snapshot of it (first deployment)`,
    };
  }
  return { reason: 'ClaimExists', text: `${name} exists and is never written; delete it to have it restored` };
}
