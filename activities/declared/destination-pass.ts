import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { controlOf, DeclaredKind } from '../../api/declared-object.ts';
import { temporaryClaimName } from '../../api/names.ts';
import type { DeclaredDestination, DestinationReading } from '../../api/replication-destination.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { DestinationRuns } from './destination-runs.ts';
import { buildDestinationStatus } from './destination-status.ts';
import { planTargets, type RestoreTarget } from './destination-targets.ts';
import { inLanes } from './in-lanes.ts';
import { HoldReason, invalidSpec, ownProblem, type Problem } from './problem.ts';
import type { Readings } from './readings.ts';
import type { RepositoryVersions } from './repository-versions.ts';
import type { WatchedRuns } from './runs.ts';
import type { SecretChecks } from './secret-checks.ts';
import { keyOf } from './source-view.ts';
import { ToldStatus } from './told-status.ts';

/** Destinations looked at at the same time. */
const LANES = 8;

/** A destination as one pass sees it. */
interface View {
  readonly object: DeclaredObject;
  readonly destination: DeclaredDestination | undefined;
  readonly problem: Problem | undefined;
  readonly targets: readonly RestoreTarget[];
}

/** Brings everything about destinations to what they declare: restores that are due, status. */
export class DestinationPass {
  readonly #dependencies: WatchDependencies;
  readonly #readings: Readings<DestinationReading>;
  readonly #runs: DestinationRuns;
  readonly #told: ToldStatus;

  constructor(
    dependencies: WatchDependencies,
    readings: Readings<DestinationReading>,
    secrets: SecretChecks,
    runs: WatchedRuns,
    repositories: RepositoryVersions,
  ) {
    this.#dependencies = dependencies;
    this.#readings = readings;
    this.#runs = new DestinationRuns(dependencies, secrets, runs, repositories);
    this.#told = new ToldStatus(dependencies);
  }

  /**
   * One pass, until it is `enough`: the rest is the next one's. `sources` are all that can be read. Throws PortError
   * ClusterUnreachable after everything was tried.
   */
  async run(
    picture: Picture,
    sources: readonly DeclaredSource[],
    conflicts: ReadonlyMap<string, Problem>,
    notes: PassNotes,
    enough: () => boolean,
  ): Promise<void> {
    const views = picture.destinations.flatMap((object) => this.#view(object, picture, conflicts, notes) ?? []);
    this.#told.keep(picture.destinations);
    await this.#runs.cancelGone(picture.destinations);
    const act = async (view: View): Promise<void> => {
      // Ours before a run writes on it: a status without our conditions would be taken for VolSync's.
      if (!view.object.status?.conditions) await this.#tell(view, picture, notes);
      const problem = await this.#runs.start(view, picture, sources, notes).catch(ownProblem);
      if (problem) notes.hold(problem.reason);
      await this.#tell({ ...view, problem }, picture, notes);
    };
    await inLanes(views, LANES, act, enough);
  }

  /** Undefined for what is not ours to act on. */
  #view(
    object: DeclaredObject,
    picture: Picture,
    conflicts: ReadonlyMap<string, Problem>,
    notes: PassNotes,
  ): View | undefined {
    const reading = this.#readings.of(object);
    if (reading.kind === 'NotOurs' || object.metadata?.deletionTimestamp) return undefined;
    if (controlOf(object, picture.volsyncActs) !== 'Managed') {
      notes.hold(HoldReason.awaitingAdoption);
      return undefined;
    }
    if (reading.kind === 'Invalid') {
      return { object, destination: undefined, problem: invalidSpec(reading.problems), targets: [] };
    }
    const { destination } = reading;
    const targets = destination.paused ? [] : planTargets(destination, object.status, picture);
    return { object, destination, problem: conflicts.get(keyOf(object)), targets };
  }

  async #tell({ object, destination, problem, targets }: View, picture: Picture, notes: PassNotes): Promise<void> {
    const { clock } = this.#dependencies;
    await this.#told.write(
      DeclaredKind.destination,
      object,
      buildDestinationStatus({
        status: object.status,
        generation: object.metadata?.generation,
        destination,
        problem,
        claims: destination ? claimsOf(destination, picture) : [],
        wanted: targets.filter(({ repeats }) => repeats).map(({ claim }) => claim),
        now: new Date(clock.now()),
      }),
      problem,
      notes,
    );
  }
}

/** The claims that exist because of a destination, or would be restored from it. */
function claimsOf({ namespace, name, claim }: DeclaredDestination, picture: Picture): V1PersistentVolumeClaim[] {
  const ownName = claim ?? temporaryClaimName(name);
  const own = picture.claim(namespace, ownName);
  const others = picture.populatedClaims(namespace, name).filter(({ metadata }) => metadata?.name !== ownName);
  return [...(own ? [own] : []), ...others];
}
