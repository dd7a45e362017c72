import { type Conflict, type Dated, findConflicts } from '../../api/declared-conflicts.ts';
import { DeclaredKind } from '../../api/declared-object.ts';
import { type DeclaredDestination, readReplicationDestination } from '../../api/replication-destination.ts';
import { type DeclaredSource, readReplicationSource } from '../../api/replication-source.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { sweepHandovers } from '../volume/sweep-handovers.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { DestinationPass } from './destination-pass.ts';
import { inLanes } from './in-lanes.ts';
import { HoldReason, ownProblem, type Problem } from './problem.ts';
import { Readings } from './readings.ts';
import { RepositoryVersions } from './repository-versions.ts';
import { WatchedRuns } from './runs.ts';
import { SecretChecks } from './secret-checks.ts';
import { SourcePass } from './source-pass.ts';
import { isManaged } from './source-view.ts';
import { endStaleBackup, endStaleRestore } from './stale-starts.ts';

/** Objects settled at the same time. */
const LANES = 4;

/** One look at everything that is declared, and what follows from it. */
export class DeclaredPass {
  readonly #dependencies: WatchDependencies;
  readonly #sources: SourcePass;
  readonly #destinations: DestinationPass;
  readonly #sourceReadings: Readings<ReturnType<typeof readReplicationSource>>;
  readonly #destinationReadings: Readings<ReturnType<typeof readReplicationDestination>>;

  #actedOn: readonly DeclaredSource[] = [];
  #conflicts: { readonly key: string; readonly found: readonly Conflict[] } | undefined;

  /** `kept`: schedules that the watch before this one had kept although their sources went. */
  constructor(dependencies: WatchDependencies, kept: readonly string[]) {
    this.#dependencies = dependencies;
    const { repository } = dependencies.watch;
    this.#sourceReadings = new Readings((object) => readReplicationSource(object, { repository }));
    this.#destinationReadings = new Readings((object) => readReplicationDestination(object, { repository }));
    const secrets = new SecretChecks(dependencies);
    const runs = new WatchedRuns(dependencies.orchestrator, dependencies.clock);
    const repositories = new RepositoryVersions(dependencies);
    this.#sources = new SourcePass(dependencies, this.#sourceReadings, secrets, runs, repositories, kept);
    this.#destinations = new DestinationPass(dependencies, this.#destinationReadings, secrets, runs, repositories);
  }

  /** The sources of the last pass that Stowage acts on. */
  get actedOn(): readonly DeclaredSource[] {
    return this.#actedOn;
  }

  /**
   * Everything is tried, also when a part fails; the first PortError (ClusterUnreachable) is thrown then, and the pass is made
   * again. What concerns one object alone fails no pass. Runs are started last, and only until what `interruption` gave at
   * their beginning says that there is more to plan. Returns the schedules that are kept although their sources went, by
   * `namespace/name`.
   */
  async run(
    picture: Picture,
    complete: boolean,
    notes: PassNotes,
    interruption: () => () => boolean,
  ): Promise<readonly string[]> {
    this.#sourceReadings.keep(picture.sources);
    this.#destinationReadings.keep(picture.destinations);
    const sources = dated(picture.sources, picture, (object) => {
      const reading = this.#sourceReadings.of(object);
      return reading.kind === 'Source' ? reading.source : undefined;
    });
    const destinations = dated(picture.destinations, picture, (object) => {
      const reading = this.#destinationReadings.of(object);
      return reading.kind === 'Destination' ? reading.destination : undefined;
    });
    const conflicts = this.#findConflicts(sources, destinations, picture);
    const declared = sources.map((source) => source.declared);
    this.#actedOn = declared;
    // Schedules first: hundreds of restores at once must not keep them waiting.
    const planned = await this.#sources.plan(picture, problemsOf(conflicts, DeclaredKind.source), complete, notes);
    notes.compared = complete;
    const enough = interruption();
    const acted = await Promise.allSettled([
      this.#destinations.run(picture, declared, problemsOf(conflicts, DeclaredKind.destination), notes, enough),
      this.#sources.act(planned, picture, notes, enough),
      ...(complete ? [this.#settle(picture, notes)] : []),
    ]);
    for (const result of acted) if (result.status === 'rejected') throw result.reason;
    return planned.kept;
  }

  /** They are the same as long as no reading changed. */
  #findConflicts(
    sources: readonly Dated<DeclaredSource>[],
    destinations: readonly Dated<DeclaredDestination>[],
    { volsyncActs }: Picture,
  ): readonly Conflict[] {
    const key = `${this.#sourceReadings.revision}/${this.#destinationReadings.revision}/${volsyncActs}`;
    if (this.#conflicts?.key !== key) this.#conflicts = { key, found: findConflicts(sources, destinations) };
    return this.#conflicts.found;
  }

  /** What runs that were terminated left behind. Throws PortError ClusterUnreachable after everything was tried. */
  async #settle(picture: Picture, notes: PassNotes): Promise<void> {
    const { log, watch } = this.#dependencies;
    const alone = async (work: () => Promise<unknown>): Promise<void> => {
      const problem = await work().then(() => undefined, ownProblem);
      if (!problem) return;
      log.warn({ problem }, 'what a run left behind could not be settled; it is tried again');
      notes.hold(problem.reason);
    };
    const work = [
      () => sweepHandovers(this.#dependencies, watch.isWatched),
      ...picture.sources.map((object) => async () => {
        const reading = this.#sourceReadings.of(object);
        if (reading.kind !== 'Source' || !isManaged(object, picture)) return;
        if (await endStaleBackup(this.#dependencies, object, reading.source)) this.#sources.forgetRuns(object);
      }),
      ...picture.destinations.map((object) => async () => {
        const reading = this.#destinationReadings.of(object);
        if (reading.kind !== 'Destination' || !isManaged(object, picture)) return;
        await endStaleRestore(this.#dependencies, object, reading.destination, picture);
      }),
    ];
    await inLanes(work, LANES, alone);
  }
}

/** The readable objects that Stowage acts on, with their age. */
function dated<Declared>(
  objects: readonly DeclaredObject[],
  picture: Picture,
  read: (object: DeclaredObject) => Declared | undefined,
): Dated<Declared>[] {
  return objects
    .filter((object) => isManaged(object, picture))
    .flatMap((object) => {
      const declared = read(object);
      const created = object.metadata?.creationTimestamp ?? new Date(0);
      return declared === undefined ? [] : [{ declared, creationTimestamp: created.toISOString() }];
    });
}

function problemsOf(conflicts: readonly Conflict[], kind: DeclaredKind): ReadonlyMap<string, Problem> {
  const ofKind = conflicts.filter((conflict) => conflict.kind === kind);
  return new Map(
    ofKind.map(({ namespace, name, problems }) => [
      `${namespace}/${name}`,
      { reason: HoldReason.volumeConflict, message: problems.map((one) => `${one.field}: ${one.message}`).join('; ') },
    ]),
  );
}
