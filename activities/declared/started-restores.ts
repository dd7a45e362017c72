import type { Orchestrator } from '../ports/orchestrator.ts';
import type { WatchedRuns } from './runs.ts';

/** The restores that are under way for each destination, as far as this watch knows. */
export class StartedRestores {
  readonly #orchestrator: Orchestrator;
  readonly #runs: WatchedRuns;
  /** Ids of runs by uid of the destination. */
  readonly #started = new Map<string, Set<string>>();

  constructor(orchestrator: Orchestrator, runs: WatchedRuns) {
    this.#orchestrator = orchestrator;
    this.#runs = runs;
  }

  /** Remembers that this run was started for the destination. */
  add(uid: string, workflowId: string): void {
    this.#started.set(uid, (this.#started.get(uid) ?? new Set()).add(workflowId));
  }

  /**
   * Whether a restore is under way for the destination: one of `workflowIds`, or one that was started for a claim that is not
   * wanted any more. Throws PortError ClusterUnreachable when Temporal does not answer.
   */
  async underWay(uid: string, workflowIds: readonly string[]): Promise<boolean> {
    const started = this.#started.get(uid);
    const open = new Set<string>();
    for (const id of new Set([...(started ?? []), ...workflowIds])) if (await this.#runs.isOpen(id)) open.add(id);
    if (open.size > 0) this.#started.set(uid, open);
    else this.#started.delete(uid);
    return open.size > 0;
  }

  /** Asks the restores of destinations that are gone to end: their claims are not wanted any more. Throws as above. */
  async cancelGone(present: ReadonlySet<string>): Promise<void> {
    for (const [uid, workflowIds] of this.#started) {
      if (present.has(uid)) continue;
      for (const workflowId of workflowIds) await this.#orchestrator.cancelRun(workflowId);
      this.#started.delete(uid);
    }
  }
}
