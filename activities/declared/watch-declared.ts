import { ApplicationFailure } from '@temporalio/common';
import type { WatchProgress } from '../../workflows/watch/contract.ts';
import { activityContext, withHeartbeats } from '../activity-context.ts';
import { PortError } from '../ports/port-error.ts';
import { CarePass } from './care-pass.ts';
import { PassNotes, type WatchDependencies } from './declared-context.ts';
import { DeclaredPass } from './declared-pass.ts';
import { DrillPass } from './drill-pass.ts';
import { keptBefore, keptProgress } from './kept-schedules.ts';
import { type LiveSets, openLiveSets } from './live-sets.ts';
import { MaintenancePass } from './maintenance-pass.ts';
import { buildPicture } from './picture.ts';
import { VolSyncLease } from './volsync.ts';

/** Changes that come together are looked at together: until none came for the first, at most for the second, milliseconds. */
const GATHER = 150;
const GATHER_AT_MOST = 2_000;

/** New sources are planned before more runs are started, once those that are due had this long, milliseconds. */
const ACT_AT_LEAST = 1_000;

/** With nothing to do the watch looks again after this, and compares everything with Temporal after that, milliseconds. */
const IDLE = 60_000;
const COMPLETE_EVERY = 5 * 60_000;

/** After a pass that failed, milliseconds; doubles up to the longest. */
const FIRST_RETRY = 500;
const LONGEST_RETRY = 10_000;

/** A sleep that took this much longer than asked: the machine stood still, and what is known is old, milliseconds. */
const STOOD_STILL = 15_000;

/** The reasons with which a watch lets go; the next attempt starts at once. */
const DRAINING = 'WorkerDraining';
const STANDSTILL = 'MachineStoodStill';

/** See WatchActivities. */
export async function watchDeclaredObjects(dependencies: WatchDependencies): Promise<void> {
  const watch = new DeclaredWatch(dependencies, keptBefore(activityContext().lastHeartbeat));
  await withHeartbeats(
    dependencies.clock,
    async ({ signal }) => await watch.run(AbortSignal.any([signal, dependencies.stopping])),
    () => watch.progress,
  );
  throw ApplicationFailure.retryable('the worker drains: another one takes the watch over', DRAINING);
}

class DeclaredWatch {
  readonly #dependencies: WatchDependencies;
  readonly #pass: DeclaredPass;
  readonly #care: CarePass;
  readonly #maintenance: MaintenancePass;
  #wake: (() => void) | undefined;
  #changed = true;
  #stoodStill = false;
  /** Sources came, went or were edited since the pass began. */
  #redeclared = false;
  readonly #volsync: VolSyncLease;
  readonly #drills: DrillPass;
  #progress: WatchProgress;

  constructor(dependencies: WatchDependencies, kept: readonly string[]) {
    this.#dependencies = dependencies;
    this.#pass = new DeclaredPass(dependencies, kept);
    this.#care = new CarePass(dependencies);
    this.#drills = new DrillPass(dependencies);
    this.#volsync = new VolSyncLease(dependencies);
    this.#maintenance = new MaintenancePass(dependencies);
    this.#progress = { sources: 0, destinations: 0, held: {}, ...keptProgress(kept) };
  }

  get progress(): WatchProgress {
    return this.#progress;
  }

  async run(stopping: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([stopping, ended.signal]);
    const sets = openLiveSets(this.#dependencies, (redeclared) => {
      this.#redeclared ||= redeclared;
      this.#onChange();
    });
    const following = Object.values(sets).map((set: LiveSets[keyof LiveSets]) => set.follow(signal));
    try {
      await this.#look(sets, signal);
    } finally {
      ended.abort();
      await Promise.all(following);
    }
  }

  async #look(
    { sources, destinations, claims, repositories, maintenances }: LiveSets,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log } = this.#dependencies;
    let retry = FIRST_RETRY;
    let completeAt = 0;
    while (!signal.aborted) {
      // What the sets hold is old, and another watch may have taken over: the next one begins with a look of its own.
      if (this.#stoodStill) throw ApplicationFailure.retryable('the machine stood still', STANDSTILL);
      // Nothing is concluded from what a set lacks before all of them were seen whole.
      if (!sources.complete || !destinations.complete || !claims.complete) {
        await this.#rest(IDLE, signal);
        continue;
      }
      this.#changed = false;
      this.#redeclared = false;
      const notes = new PassNotes();
      const complete = clock.now() >= completeAt;
      try {
        const acts = await this.#volsync.acts();
        const picture = buildPicture(
          sources.values(),
          destinations.values(),
          claims.values(),
          repositories.values(),
          acts,
        );
        // All are tried, also when one fails.
        const care = repositories.complete ? this.#care.run(repositories.values(), complete, notes) : undefined;
        const pass = this.#pass.run(picture, complete, notes, () => this.#mayInterrupt());
        const maintenance = maintenances.complete
          ? this.#maintenance.run(maintenances.values(), repositories.values(), picture, complete, notes)
          : undefined;
        const [passed, ...others] = await Promise.allSettled([pass, care, maintenance]);
        if (notes.compared) completeAt = clock.now() + COMPLETE_EVERY;
        if (passed.status === 'rejected') throw passed.reason;
        for (const other of others) if (other.status === 'rejected') throw other.reason;
        await this.#drills.run(this.#pass.actedOn, picture.repositories, complete, notes);
        retry = FIRST_RETRY;
        this.#progress = {
          sources: picture.sources.length,
          destinations: picture.destinations.length,
          held: notes.held,
          lastPass: new Date(clock.now()).toISOString(),
          ...keptProgress(passed.value),
        };
        await this.#rest(Math.max(0, Math.min(IDLE, (notes.again ?? Number.POSITIVE_INFINITY) - clock.now())), signal);
      } catch (error) {
        log.warn({ error }, 'a pass over declared objects did not end well; it is made again');
        this.#progress = { ...this.#progress, problem: describe(error) };
        this.#changed = true;
        await this.#sleep(retry, signal);
        retry = Math.min(retry * 2, LONGEST_RETRY);
      }
    }
  }

  /** Starting hundreds of runs takes long: sources that come meanwhile don't wait for it. */
  #mayInterrupt(): () => boolean {
    const since = this.#dependencies.clock.now();
    return () => this.#redeclared && this.#dependencies.clock.now() - since >= ACT_AT_LEAST;
  }

  #onChange(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Until something changes (and a moment more, for what comes with it), the time is over, or the signal aborts. */
  async #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    if (!this.#changed) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await this.#sleep(milliseconds, AbortSignal.any([signal, woken.signal]));
      this.#wake = undefined;
    }
    const limit = clock.now() + GATHER_AT_MOST;
    do {
      this.#changed = false;
      await this.#sleep(GATHER, signal);
    } while (this.#changed && clock.now() < limit && !signal.aborted);
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    const until = clock.now() + milliseconds + STOOD_STILL;
    await clock.sleep(milliseconds, signal);
    this.#stoodStill ||= clock.now() > until;
  }
}

/** A defect of ours is told like any other problem: a watch that ended at it would only meet it again. */
const describe = (error: unknown): string =>
  error instanceof PortError ? `${error.type}: ${error.message}` : `InternalError: ${String(error)}`;
