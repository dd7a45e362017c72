import { nextTick } from '../../api/next-tick.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import type { Clock } from '../ports/clock.ts';
import type { Orchestrator } from '../ports/orchestrator.ts';
import type { PassNotes } from './declared-context.ts';
import type { WatchedRuns } from './runs.ts';
import { failureOf } from './source-status.ts';
import type { SourceView } from './source-view.ts';
import { attemptOf } from './start-decision.ts';

/** A source that is this late runs once at once: it was held at its time, or Stowage was not there, milliseconds. */
const OVERDUE = 5 * 60_000;

/** The runs of sources that no schedule starts: the first, the one after a missed time, and one for each manual value. */
export class SourceRuns {
  readonly #orchestrator: Orchestrator;
  readonly #runs: WatchedRuns;
  readonly #clock: Clock;
  /** By object, for which time it was started already; its status says so only a moment later. */
  readonly #started = new Map<string, string>();

  constructor(orchestrator: Orchestrator, runs: WatchedRuns, clock: Clock) {
    this.#orchestrator = orchestrator;
    this.#runs = runs;
    this.#clock = clock;
  }

  /** Starts what is due of one source. Throws PortError ClusterUnreachable when Temporal does not answer. */
  async start(view: SourceView, secretVersion: string | undefined, notes: PassNotes): Promise<void> {
    const { source, problem } = view;
    if (!source || problem || source.paused) return;
    if (source.manual !== undefined) return await this.#startManual(view, source.manual, secretVersion, notes);
    const due = this.#dueTime(view);
    const uid = view.object.metadata?.uid ?? view.key;
    if (due === undefined || this.#started.get(uid) === due) return;
    await this.#orchestrator.triggerSchedule(view);
    this.#started.set(uid, due);
  }

  /** Which time it missed: `first` for one that never ran. Undefined while nothing is due, or a run is under way. */
  #dueTime({ object: { status }, source }: SourceView): string | undefined {
    if (!source || status?.lastSyncStartTime) return undefined;
    if (!status?.lastSyncTime) return status?.latestMoverStatus ? undefined : 'first';
    // A failed run waits for the next time: what made it fail is in the status.
    if (!source.schedule || failureOf(status) !== undefined) return undefined;
    const tick = nextTick(source.schedule, new Date(status.lastSyncTime));
    return tick && this.#clock.now() - tick.getTime() > OVERDUE ? tick.toISOString() : undefined;
  }

  async #startManual(
    { object, source, namespace, name }: SourceView,
    manual: string,
    secretVersion: string | undefined,
    notes: PassNotes,
  ): Promise<void> {
    if (!source || object.status?.lastManualSync === manual) return;
    const workflowId = backupWorkflowId(namespace, name);
    const request = { ...source.request, declared: true, manual };
    const attempt = attemptOf('backup', request, object.metadata?.uid, secretVersion);
    const decision = await this.#runs.startIfDue(workflowId, { attempt, repeats: false }, () =>
      this.#orchestrator.startBackup(request, attempt),
    );
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
  }
}
