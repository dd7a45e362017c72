import { createHash } from 'node:crypto';
import { FailureType, failureRules } from '../../workflows/failures.ts';
import type { LastRun } from '../ports/orchestrator.ts';

/** The first wait after a failure that a retry can mend, and the longest, milliseconds. */
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 15 * 60_000;

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
  // A person cancelled it: it stays so until something changes.
  if (last.state === 'Canceled' || !mayHelp(last.failureType)) return { kind: 'Unchanged' };
  const wait = Math.min(FIRST_WAIT * 2 ** Math.max(0, failures - 1), LONGEST_WAIT);
  return waitUntil(closedAt + wait, now);
}

const waitUntil = (until: number, now: number): StartDecision =>
  now >= until ? { kind: 'Start' } : { kind: 'Wait', until };

/** True for failures that the table calls retryable; an unknown one is a defect of ours, and trying it again is harmless. */
const mayHelp = (type: string | undefined): boolean =>
  type === undefined || !(type in FailureType) || failureRules[type as FailureType].retryable;
