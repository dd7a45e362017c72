import { isDeepStrictEqual } from 'node:util';
import type { ConditionType, DeclaredCondition, DeclaredStatus, WatchStatus } from '../../api/declared-object.ts';
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

/** True when nothing would change: then nothing is written. */
export function sameStatus(wanted: WatchStatus, found: DeclaredStatus | undefined): boolean {
  return (
    wanted.nextSyncTime === (found?.nextSyncTime ?? undefined) &&
    isDeepStrictEqual(wanted.conditions.map(keyed), (found?.conditions ?? []).map(keyed))
  );
}

const keyed = ({ type, status, reason, message, lastTransitionTime, observedGeneration }: DeclaredCondition) => [
  ...[type, status, reason, message, lastTransitionTime, observedGeneration],
];
