import { isDeepStrictEqual } from 'node:util';
import type { ConditionType, DeclaredCondition, WatchStatus } from '../../api/declared-object.ts';
import type { MaintenanceWatchStatus } from '../../api/maintenance-status.ts';
import { wholeSeconds } from '../../api/run-status.ts';

/** What a condition should say; the rest follows from what it said before. */
export interface WantedCondition {
  readonly type: ConditionType;
  readonly status: DeclaredCondition['status'];
  /** A word in CamelCase: scripts compare it. */
  readonly reason: string;
  readonly message: string;
}

/** The API server's limit, characters. */
const MAX_MESSAGE = 32_768;

/** Completes conditions: the transition time changes only with the status. Pure. */
export function buildConditions(
  wanted: readonly WantedCondition[],
  before: readonly DeclaredCondition[],
  generation: number | undefined,
  now: Date,
): DeclaredCondition[] {
  return wanted.map(({ type, status, reason, message }) => {
    const known = before.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message: message.slice(0, MAX_MESSAGE),
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : wholeSeconds(now),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    };
  });
}

/** What the watch says of a declared object of any kind. */
export type ToldWords = WatchStatus | MaintenanceWatchStatus;

type AnyWords = Partial<WatchStatus & MaintenanceWatchStatus>;

/** True when nothing would change: then nothing is written. When the watch looked is no change. */
export function sameStatus(wanted: ToldWords, found: AnyWords | undefined): boolean {
  return isDeepStrictEqual(comparable(wanted), comparable(found ?? {}));
}

const comparable = ({ nextSyncTime, nextScheduledMaintenance, observedGeneration, conditions = [] }: AnyWords) => [
  ...[nextSyncTime ?? undefined, nextScheduledMaintenance ?? undefined, observedGeneration ?? undefined],
  conditions.map(keyed),
];

const keyed = ({ type, status, reason, message, lastTransitionTime, observedGeneration }: DeclaredCondition) => [
  ...[type, status, reason, message, lastTransitionTime, observedGeneration],
];
