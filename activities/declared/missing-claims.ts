import type { Clock } from '../ports/clock.ts';
import type { PassNotes } from './declared-context.ts';
import type { RestoreTarget } from './destination-targets.ts';

/** A claim is missing when it was not there for this long: who removes an application removes its objects one by one, milliseconds. */
const SETTLE = 3_000;

/** Since when the claims of destinations are known to be missing. */
export class MissingClaims {
  readonly #clock: Clock;
  /** By uid of the destination; it has one claim of its own at most. */
  readonly #since = new Map<string, { readonly claim: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The targets without the one whose claim may be back in a moment; notes when to look again. */
  settled(uid: string, targets: readonly RestoreTarget[], notes: PassNotes): readonly RestoreTarget[] {
    const missing = targets.find((target) => target.missing);
    if (!missing) {
      this.#since.delete(uid);
      return targets;
    }
    const now = this.#clock.now();
    const known = this.#since.get(uid);
    const at = known?.claim === missing.claim ? known.at : now;
    this.#since.set(uid, { claim: missing.claim, at });
    if (now - at >= SETTLE) return targets;
    notes.lookAgain(at + SETTLE);
    return targets.filter((target) => target !== missing);
  }

  /** Forgets destinations that are gone. */
  keep(present: ReadonlySet<string>): void {
    for (const uid of this.#since.keys()) if (!present.has(uid)) this.#since.delete(uid);
  }
}
