import { nextTick } from '../../api/next-tick.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { backupWorkflowId } from '../../workflows/backup/contract.ts';
import type { PassNotes, WatchDependencies } from './declared-context.ts';
import { FirstRuns } from './first-runs.ts';
import type { RepositoryVersions } from './repository-versions.ts';
import type { WatchedRuns } from './runs.ts';
import { failureOf } from './source-status.ts';
import type { SourceView } from './source-view.ts';
import { attemptOf } from './start-decision.ts';

/** A source that is this late runs once at once: it was held at its time, or Stowage was not there, milliseconds. */
const OVERDUE = 5 * 60_000;

/** The runs of sources that no schedule starts: the first, the one after a missed time, and one for each manual value. */
export class SourceRuns {
  readonly #dependencies: WatchDependencies;
  readonly #runs: WatchedRuns;
  readonly #repositories: RepositoryVersions;
  readonly #first: FirstRuns;
  /** By uid, for which missed time it was started already; its status says so only a moment later. */
  readonly #started = new Map<string, string>();

  constructor(dependencies: WatchDependencies, runs: WatchedRuns, repositories: RepositoryVersions) {
    this.#dependencies = dependencies;
    this.#runs = runs;
    this.#repositories = repositories;
    this.#first = new FirstRuns(dependencies.clock);
  }

  /** Starts what is due of one source. Throws PortError ClusterUnreachable when Temporal does not answer. */
  async start(view: SourceView, secretVersion: string | undefined, notes: PassNotes): Promise<void> {
    const { source, problem, object } = view;
    if (!source || problem || source.paused) return;
    if (source.manual !== undefined) return await this.#startManual(view, source.manual, secretVersion, notes);
    const uid = object.metadata?.uid ?? view.key;
    if (object.status?.lastSyncStartTime) return this.#first.running(uid);
    if (object.status?.lastSyncTime) return await this.#startMissed(view, source);
    if (this.#first.isOut(uid, object.status)) return;
    const attempt = await this.#attempt(view, source.request, secretVersion);
    const decision = this.#first.decide(uid, attempt, object.status);
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
    if (decision.kind !== 'Start') return;
    await this.#dependencies.orchestrator.triggerSchedule(view);
    this.#first.started(uid, attempt);
  }

  /** What a run of it left behind without an end was terminated: nothing that was started counts any more. */
  forget(uid: string): void {
    this.#first.forget(uid);
    this.#started.delete(uid);
  }

  /** A failed run waits for the next time: what made it fail is in the status. */
  async #startMissed({ object, ...ref }: SourceView, { schedule, lastSyncTime }: DeclaredSource): Promise<void> {
    if (!schedule || lastSyncTime === undefined || failureOf(object.status) !== undefined) return;
    const tick = nextTick(schedule, new Date(lastSyncTime));
    if (!tick || this.#dependencies.clock.now() - tick.getTime() <= OVERDUE) return;
    const uid = object.metadata?.uid ?? ref.key;
    const due = tick.toISOString();
    if (this.#started.get(uid) === due) return;
    await this.#dependencies.orchestrator.triggerSchedule(ref);
    this.#started.set(uid, due);
  }

  async #startManual(
    view: SourceView,
    manual: string,
    secretVersion: string | undefined,
    notes: PassNotes,
  ): Promise<void> {
    const { object, source, namespace, name } = view;
    if (!source || object.status?.lastManualSync === manual) return;
    const request = { ...source.request, declared: true, manual };
    const attempt = await this.#attempt(view, request, secretVersion);
    const decision = await this.#runs.startIfDue(backupWorkflowId(namespace, name), { attempt, repeats: false }, () =>
      this.#dependencies.orchestrator.startBackup(request, attempt),
    );
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
  }

  /** What could make a difference to a backup that failed. */
  async #attempt(
    { object }: SourceView,
    request: DeclaredSource['request'],
    secretVersion: string | undefined,
  ): Promise<string> {
    const repository = await this.#repositories.of(request.repository);
    return attemptOf('backup', request, object.metadata?.uid, secretVersion, repository);
  }
}
