import { type Conflict, type Dated, findConflicts } from '../../api/declared-conflicts.ts';
import { DeclaredKind } from '../../api/declared-object.ts';
import { readReplicationDestination } from '../../api/replication-destination.ts';
import { readReplicationSource } from '../../api/replication-source.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { sweepHandovers } from '../volume/sweep-handovers.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { DestinationPass } from './destination-pass.ts';
import { inLanes } from './in-lanes.ts';
import { HoldReason, ownProblem, type Problem } from './problem.ts';
import { Readings } from './readings.ts';
import { WatchedRuns } from './runs.ts';
import { SecretChecks } from './secret-checks.ts';
import { SourcePass } from './source-pass.ts';
import { isManaged } from './source-view.ts';
import { endStaleBackup, endStaleRestore } from './stale-starts.ts';

/** Objects whose runs are asked for at the same time. */
const LANES = 4;

/** One look at everything that is declared, and what follows from it. */
export class DeclaredPass {
  readonly #dependencies: WatchDependencies;
  readonly #sources: SourcePass;
  readonly #destinations: DestinationPass;
  readonly #sourceReadings: Readings<ReturnType<typeof readReplicationSource>>;
  readonly #destinationReadings: Readings<ReturnType<typeof readReplicationDestination>>;

  /** `kept`: schedules that the watch before this one had kept although their sources went. */
  constructor(dependencies: WatchDependencies, kept: readonly string[]) {
    this.#dependencies = dependencies;
    const { repository } = dependencies.watch;
    this.#sourceReadings = new Readings((object) => readReplicationSource(object, { repository }));
    this.#destinationReadings = new Readings((object) => readReplicationDestination(object, { repository }));
    const secrets = new SecretChecks(dependencies);
    const runs = new WatchedRuns(dependencies.orchestrator, dependencies.clock);
    this.#sources = new SourcePass(dependencies, this.#sourceReadings, secrets, runs, kept);
    this.#destinations = new DestinationPass(dependencies, this.#destinationReadings, secrets, runs);
  }

  /**
   * Everything is tried, also when a part fails; the first PortError (ClusterUnreachable) is thrown then, and the pass is made
   * again. What concerns one object alone fails no pass. Returns the schedules that are kept although
   * their sources went, by `namespace/name`.
   */
  async run(picture: Picture, complete: boolean, notes: PassNotes): Promise<readonly string[]> {
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
    const conflicts = findConflicts(sources, destinations);
    const declared = sources.map((source) => source.declared);
    // Schedules first: hundreds of restores at once must not keep them waiting.
    const planned = await this.#sources.plan(picture, problemsOf(conflicts, DeclaredKind.source), complete, notes);
    notes.compared = complete;
    const acted = await Promise.allSettled([
      this.#destinations.run(picture, declared, problemsOf(conflicts, DeclaredKind.destination), notes),
      this.#sources.act(planned, picture, notes),
      ...(complete ? [this.#settle(picture)] : []),
    ]);
    for (const result of acted) if (result.status === 'rejected') throw result.reason;
    return planned.kept;
  }

  /** What runs that were terminated left behind. */
  async #settle(picture: Picture): Promise<void> {
    await sweepHandovers(this.#dependencies, this.#dependencies.watch.isWatched);
    const sources = picture.sources.filter((object) => isManaged(object, picture));
    const destinations = picture.destinations.filter((object) => isManaged(object, picture));
    await inLanes(sources, LANES, async (object) => {
      const reading = this.#sourceReadings.of(object);
      if (reading.kind !== 'Source') return;
      const ended = await endStaleBackup(this.#dependencies, object, reading.source).catch(ownProblem);
      if (ended === true) this.#sources.forgetRuns(object);
    });
    await inLanes(destinations, LANES, async (object) => {
      const reading = this.#destinationReadings.of(object);
      if (reading.kind !== 'Destination') return;
      await endStaleRestore(this.#dependencies, object, reading.destination, picture).catch(ownProblem);
    });
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
