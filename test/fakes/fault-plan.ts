import type { Kind } from '../../activities/ports/cluster.ts';
import type { PortError } from '../../activities/ports/port-error.ts';

export const FaultMoment = {
  /** The call never reaches the cluster. */
  Before: 'Before',
  /** The call takes effect, its answer is lost. */
  After: 'After',
} as const;
export type FaultMoment = (typeof FaultMoment)[keyof typeof FaultMoment];

export interface Fault {
  /** Method of the port. */
  readonly method: string;
  /** Only calls about this kind. */
  readonly kind?: Kind;
  /** Only calls about the object of this name; calls about many, or none, are not met then. */
  readonly name?: string;
  /** How many calls fail; default 1. */
  readonly times?: number;
  readonly moment?: FaultMoment;
  /** What is thrown; without it the call only waits for `hold`. */
  readonly error?: PortError;
  /** Awaited before the call goes on: to let something happen in exactly this moment. */
  readonly hold?: () => Promise<void> | void;
}

/** Faults in the order in which they were planned; each is used up by matching calls. */
export class FaultPlan {
  readonly #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): this {
    this.#faults.push({ fault, left: fault.times ?? 1 });
    return this;
  }

  /** The fault that meets this call, used up by one; undefined when none does. */
  take(method: string, kind: Kind | undefined, moment: FaultMoment, name?: string): Fault | undefined {
    const entry = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        fault.method === method &&
        (fault.kind === undefined || fault.kind === kind) &&
        (fault.name === undefined || fault.name === name) &&
        (fault.moment ?? FaultMoment.Before) === moment,
    );
    if (entry) entry.left--;
    return entry?.fault;
  }

  /** Throws when a fault was never met: the test then proves less than it claims. */
  verifyExercised(): void {
    const unused = this.#faults.filter(({ left }) => left > 0);
    if (unused.length === 0) return;
    const names = unused.map(({ fault, left }) => `${fault.method} ${fault.kind ?? 'any'} (${left} left)`);
    throw new Error(`faults that no call met: ${names.join(', ')}`);
  }
}
