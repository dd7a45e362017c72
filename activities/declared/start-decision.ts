import { createHash } from 'node:crypto';
import { FailureType, failureRules } from '../../workflows/failures.ts';
import type { LastRun } from '../ports/orchestrator.ts';

/** The first wait after a failure that a retry can mend, and the longest, milliseconds. */
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 15 * 60_000;

/** The same for a failure that somebody has to mend where the watch can't see it: the repository, its volume, a grant, milliseconds. */
const FIRST_SLOW_WAIT = 15 * 60_000;
const LONGEST_SLOW_WAIT = 60 * 60_000;

/** What mends these is seen by the watch (the object, its claim, its Secret), or takes a person's word: time alone changes nothing. */
export const MENDED_IN_SIGHT: readonly FailureType[] = [
  FailureType.InvalidInput,
  FailureType.InvalidSpec,
  FailureType.SecretInvalid,
  FailureType.SnapshotNotFound,
  FailureType.RestoreMismatch,
  FailureType.TargetExists,
  FailureType.Suspicious,
  FailureType.DestinationGone,
];

/** A claim that its run just made is seen here a moment later; until then a second run would find nothing to do, milliseconds. */
const SETTLE = 5_000;

export type StartDecision =
  | { readonly kind: 'Start' }
  /** A run of it is open. */
  | { readonly kind: 'Running' }
  /** Failed, and nothing changed that could make a difference. */
  | { readonly kind: 'Unchanged' }
  /** Milliseconds since 1970: look again then. */
  | { readonly kind: 'Wait'; readonly until: number };

/** What a run is started for. Equal inputs give equal words, so a failed one is not tried again until something differs. */
export const attemptOf = (...inputs: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);

export interface WantedRun {
  readonly attempt: string;
  /** A run that ended well may be due again for the same attempt: a claim that is lost a second time. */
  readonly repeats: boolean;
}

/**
 * Whether to start a run, given the newest of its workflow id. `failures` counts how often this attempt has failed in a row
 * as far as this watch saw. Pure.
 */
export function decideStart(
  last: LastRun | undefined,
  { attempt, repeats }: WantedRun,
  failures: number,
  now: number,
): StartDecision {
  if (!last) return { kind: 'Start' };
  if (last.state === 'Open') return { kind: 'Running' };
  const closedAt = last.closedAt ?? now;
  if (last.attempt !== attempt) return waitUntil(closedAt + SETTLE, now);
  if (last.state === 'Completed') return repeats ? waitUntil(closedAt + SETTLE, now) : { kind: 'Unchanged' };
  const wait = last.state === 'Canceled' ? undefined : waitAfter(last.failureType, failures);
  // A person cancelled it: it stays so until something changes.
  return wait === undefined ? { kind: 'Unchanged' } : waitUntil(closedAt + wait, now);
}

const waitUntil = (until: number, now: number): StartDecision =>
  now >= until ? { kind: 'Start' } : { kind: 'Wait', until };

/**
 * How long a run that failed waits for its next try, milliseconds; `failures` in a row, at least one. Undefined where only
 * a change that the watch sees can help. An unknown type is a defect of ours, and trying again is harmless. Pure.
 */
export function waitAfter(type: string | undefined, failures: number): number | undefined {
  const known = type !== undefined && type in FailureType ? (type as FailureType) : undefined;
  if (known && MENDED_IN_SIGHT.includes(known)) return undefined;
  const slow = known !== undefined && !failureRules[known].retryable;
  const [first, longest] = slow ? [FIRST_SLOW_WAIT, LONGEST_SLOW_WAIT] : [FIRST_WAIT, LONGEST_WAIT];
  return Math.min(first * 2 ** Math.max(0, failures - 1), longest);
}
