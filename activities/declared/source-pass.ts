import { resolveBackup } from '../../api/backup-request.ts';
import { DeclaredKind } from '../../api/declared-object.ts';
import { formatIdentity } from '../../api/identity.ts';
import type { DeclaredSource, SourceReading } from '../../api/replication-source.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { inLanes } from './in-lanes.ts';
import { HoldReason, ownProblem, type Problem } from './problem.ts';
import type { Readings } from './readings.ts';
import type { RepositoryVersions } from './repository-versions.ts';
import type { WatchedRuns } from './runs.ts';
import { type CheckedSecret, isUnusable, type SecretChecks } from './secret-checks.ts';
import { SourceRuns } from './source-runs.ts';
import { type ScheduleOutcome, SourceSchedules } from './source-schedules.ts';
import { buildSourceStatus, standingSuspicion } from './source-status.ts';
import { isManaged, keyOf, type SourceView, viewSource, withSurroundings } from './source-view.ts';
import { ToldStatus } from './told-status.ts';

/** Objects looked at at the same time; each costs a request or two where something changed. */
const LANES = 8;

/** A Secret that was missing, and a claim that is not bound, are looked at again after this, milliseconds. */
const LOOK_AGAIN = 5_000;

const UNKNOWN: CheckedSecret = { state: 'Missing', reading: { kind: 'Volume' }, version: undefined };

/** What became of the schedules, and what the rest of the pass goes on with. */
export interface PlannedSources extends ScheduleOutcome {
  readonly seen: readonly Seen[];
}

interface Seen {
  readonly view: SourceView;
  readonly secret: CheckedSecret;
}

/** Brings everything about sources to what they declare: schedules, runs that are due, status. */
export class SourcePass {
  readonly #dependencies: WatchDependencies;
  readonly #readings: Readings<SourceReading>;
  readonly #secrets: SecretChecks;
  readonly #schedules: SourceSchedules;
  readonly #runs: SourceRuns;
  readonly #told: ToldStatus;

  constructor(
    dependencies: WatchDependencies,
    readings: Readings<SourceReading>,
    secrets: SecretChecks,
    runs: WatchedRuns,
    repositories: RepositoryVersions,
    kept: readonly string[],
  ) {
    this.#dependencies = dependencies;
    this.#readings = readings;
    this.#secrets = secrets;
    this.#schedules = new SourceSchedules(dependencies.orchestrator, kept);
    this.#runs = new SourceRuns(dependencies, runs, repositories);
    this.#told = new ToldStatus(dependencies);
  }

  /** See {@link SourceRuns.forget}. */
  forgetRuns({ metadata }: DeclaredObject): void {
    this.#runs.forget(metadata?.uid ?? '');
  }

  /**
   * Brings the schedules to what is declared; `conflicts` by `namespace/name`. Throws PortError ClusterUnreachable; a pass
   * that failed is simply made again.
   */
  async plan(
    picture: Picture,
    conflicts: ReadonlyMap<string, Problem>,
    complete: boolean,
    notes: PassNotes,
  ): Promise<PlannedSources> {
    const managed = picture.sources.filter((object) => isManaged(object, picture));
    const views = managed.flatMap(
      (object) => viewSource(object, this.#readings.of(object), conflicts.get(keyOf(object))) ?? [],
    );
    const seen: Seen[] = [];
    await inLanes(views, LANES, async (view) => {
      seen.push(await this.#lookAround(view, picture, notes));
    });
    for (const { metadata } of picture.sources.filter((object) => !isManaged(object, picture))) {
      notes.hold(metadata?.deletionTimestamp ? 'Deleting' : HoldReason.awaitingAdoption);
    }
    this.#told.keep(picture.sources);
    const seenViews = seen.map(({ view }) => view);
    return { seen, ...(await this.#schedules.sync(seenViews, complete)) };
  }

  /**
   * Tells each source how it stands and starts what is due, until it is `enough`: the rest is the next pass's. Throws
   * PortError ClusterUnreachable after everything was tried.
   */
  async act(
    { seen, failed }: PlannedSources,
    picture: Picture,
    notes: PassNotes,
    enough: () => boolean,
  ): Promise<void> {
    const act = async ({ view: planned, secret }: Seen): Promise<void> => {
      const failure = failed.get(planned.key);
      const view =
        failure === undefined ? planned : { ...planned, problem: { reason: 'ScheduleFailed', message: failure } };
      await this.#tell(view, picture, notes);
      const problem = await this.#runs.start(view, secret.version, notes).then(() => undefined, ownProblem);
      if (!problem) return;
      notes.hold(problem.reason);
      await this.#tell({ ...view, problem }, picture, notes);
    };
    await inLanes(seen, LANES, act, enough);
  }

  async #lookAround(view: SourceView, picture: Picture, notes: PassNotes): Promise<Seen> {
    const name = view.source?.request.secretName;
    if (!view.source || !name) {
      if (view.problem) notes.hold(view.problem.reason);
      return { view, secret: UNKNOWN };
    }
    const ref = { namespace: view.namespace, name };
    const secret = await this.#secrets.check(ref, view.object.status).catch(ownProblem);
    if ('reason' in secret) {
      notes.hold(secret.reason);
      notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
      // What its schedule should be is not known now: it stays as it is.
      return { view: { ...view, source: undefined, problem: secret }, secret: UNKNOWN };
    }
    const looked = withSurroundings(view, secret, picture);
    if (looked.problem) {
      notes.hold(looked.problem.reason);
      if (isUnusable(secret)) notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
    }
    return { view: looked, secret };
  }

  async #tell(view: SourceView, picture: Picture, notes: PassNotes): Promise<void> {
    const { clock } = this.#dependencies;
    const { object, source, problem } = view;
    const claim = source && picture.claim(view.namespace, source.request.claim);
    await this.#told.write(
      DeclaredKind.source,
      object,
      buildSourceStatus({
        status: object.status,
        generation: object.metadata?.generation,
        source,
        problem,
        suspicion: standingSuspicion(object.status, source, claim),
        damage: source && damageOf(source, picture),
        now: new Date(clock.now()),
      }),
      problem,
      notes,
    );
  }
}

/** The identity is the one under which its backups are filed. */
function damageOf({ request }: DeclaredSource, picture: Picture): string | undefined {
  const { repository, identity } = resolveBackup(request);
  return picture.damageOf(repository, formatIdentity(identity));
}
