import type { DeclaredStatus } from '../../api/declared-object.ts';
import type { Clock } from '../ports/clock.ts';
import { failureOf, failureReason } from './source-status.ts';
import { type StartDecision, waitAfter } from './start-decision.ts';

interface Tried {
  readonly attempt: string;
  /** How many runs in a row failed, the newest one included as if it had. */
  readonly failures: number;
  /** Milliseconds since 1970 from which the next try is counted; undefined while a run is under way. */
  readonly since: number | undefined;
}

/**
 * The first runs of scheduled sources. Their schedule starts them, so no workflow id tells how they ended: the status does.
 * What is remembered goes with the watch; its successor waits the first interval again.
 */
export class FirstRuns {
  readonly #clock: Clock;
  readonly #tried = new Map<string, Tried>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True while a run was started and nothing is known of its end: nothing has to be decided. */
  isOut(uid: string, status: DeclaredStatus | undefined): boolean {
    return this.#tried.has(uid) && failureOf(status) === undefined;
  }

  /** Whether to start the first run of a source that has no good backup and no run that is out. */
  decide(uid: string, attempt: string, status: DeclaredStatus | undefined): StartDecision {
    const now = this.#clock.now();
    const failure = failureOf(status);
    if (failure === undefined) return { kind: 'Start' };
    const tried = this.#tried.get(uid);
    if (tried && tried.attempt !== attempt) return { kind: 'Start' };
    const { failures, since = now } = tried ?? { failures: 1 };
    this.#tried.set(uid, { attempt, failures, since });
    const wait = waitAfter(failureReason(failure), failures);
    if (wait === undefined) return { kind: 'Unchanged' };
    return now >= since + wait ? { kind: 'Start' } : { kind: 'Wait', until: since + wait };
  }

  /** A run was started for this attempt. */
  started(uid: string, attempt: string): void {
    const known = this.#tried.get(uid);
    const failures = known?.attempt === attempt ? known.failures + 1 : 1;
    this.#tried.set(uid, { attempt, failures, since: this.#clock.now() });
  }

  /** A run is under way: the next try is counted from its end. */
  running(uid: string): void {
    const known = this.#tried.get(uid);
    if (known) this.#tried.set(uid, { ...known, since: undefined });
  }

  forget(uid: string): void {
    this.#tried.delete(uid);
  }
}
