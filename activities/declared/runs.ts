import type { Clock } from '../ports/clock.ts';
import type { LastRun, Orchestrator } from '../ports/orchestrator.ts';
import { decideStart, type StartDecision, type WantedRun } from './start-decision.ts';

/** How long an answer of Temporal is believed, milliseconds. */
const OPEN_AGE = 10_000;
const CLOSED_AGE = 30_000;

interface Known {
  readonly last: LastRun | undefined;
  readonly askedAt: number;
}

/** The runs that the watch starts: what Temporal said of each lately, and how often each attempt failed in a row. */
export class WatchedRuns {
  readonly #orchestrator: Orchestrator;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #failures = new Map<string, { readonly attempt: string; readonly runIds: Set<string> }>();

  constructor(orchestrator: Orchestrator, clock: Clock) {
    this.#orchestrator = orchestrator;
    this.#clock = clock;
  }

  /** Starts what is due. Throws PortError ClusterUnreachable when Temporal does not answer. */
  async startIfDue(workflowId: string, wanted: WantedRun, start: () => Promise<void>): Promise<StartDecision> {
    const last = await this.#lastRun(workflowId);
    const failures = this.#countFailures(workflowId, wanted.attempt, last);
    const decision = decideStart(last, wanted, failures, this.#clock.now());
    if (decision.kind !== 'Start') return decision;
    await start();
    this.forget(workflowId);
    return decision;
  }

  /** True while the newest run of this id is open. Throws as above. */
  async isOpen(workflowId: string): Promise<boolean> {
    return (await this.#lastRun(workflowId))?.state === 'Open';
  }

  /** Something that belongs to this run changed: Temporal is asked anew. */
  forget(workflowId: string): void {
    this.#known.delete(workflowId);
  }

  async #lastRun(workflowId: string): Promise<LastRun | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(workflowId);
    const age = known?.last?.state === 'Open' ? OPEN_AGE : CLOSED_AGE;
    if (known && now - known.askedAt < age) return known.last;
    const last = await this.#orchestrator.lastRun(workflowId);
    this.#known.set(workflowId, { last, askedAt: now });
    return last;
  }

  #countFailures(workflowId: string, attempt: string, last: LastRun | undefined): number {
    if (last?.state !== 'Failed' || last.attempt !== attempt) {
      if (last?.state === 'Completed') this.#failures.delete(workflowId);
      return 0;
    }
    const known = this.#failures.get(workflowId);
    const runIds = known?.attempt === attempt ? known.runIds : new Set<string>();
    this.#failures.set(workflowId, { attempt, runIds: runIds.add(last.runId) });
    return runIds.size;
  }
}
