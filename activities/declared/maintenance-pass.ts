import { MAINTENANCE_KIND } from '../../api/declared-object.ts';
import { type DeclaredMaintenance, readKopiaMaintenance } from '../../api/kopia-maintenance.ts';
import { readKopiaRepository } from '../../api/kopia-repository.ts';
import { DEFAULT_REPOSITORY } from '../../api/volume-request.ts';
import { declaredMaintenanceId } from '../../workflows/care/contract.ts';
import type { MaintenanceObject, RepositoryObject } from '../ports/cluster.ts';
import type { ScheduledMaintenance } from '../ports/orchestrator.ts';
import type { PassNotes, Picture, WatchDependencies } from './declared-context.ts';
import { inLanes } from './in-lanes.ts';
import { buildMaintenanceStatus } from './maintenance-status.ts';
import { HoldReason, invalidSpec, ownProblem, type Problem } from './problem.ts';
import { RepositoryVersions } from './repository-versions.ts';
import { WatchedRuns } from './runs.ts';
import { isUnusable, SecretChecks, secretProblem } from './secret-checks.ts';
import { isManaged, keyOf, repositoryProblem } from './source-view.ts';
import { attemptOf } from './start-decision.ts';
import { ToldStatus } from './told-status.ts';

/** Objects looked at at the same time. */
const LANES = 4;

/** A Secret that lacks something is looked at again after this, milliseconds. */
const LOOK_AGAIN = 5_000;

/** Where a KopiaMaintenance names them. */
const FIELDS = { secret: 'spec.repository.repository', volumes: 'spec.moverVolumes' };

interface View {
  readonly object: MaintenanceObject;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** Undefined when it can't be read, or can't be judged just now: its schedule stays as it is. */
  readonly maintenance: DeclaredMaintenance | undefined;
  readonly problem: Problem | undefined;
  readonly secretVersion: string | undefined;
}

/** Brings everything about KopiaMaintenances to what they declare: schedules, manual runs, the watch's part of their status. */
export class MaintenancePass {
  readonly #dependencies: WatchDependencies;
  readonly #secrets: SecretChecks;
  readonly #runs: WatchedRuns;
  readonly #versions: RepositoryVersions;
  readonly #told: ToldStatus;
  /** What the schedules were last brought to, and what of that failed. */
  #done = '';
  #failed: ReadonlyMap<string, string> = new Map();

  constructor(dependencies: WatchDependencies) {
    this.#dependencies = dependencies;
    this.#secrets = new SecretChecks(dependencies);
    this.#runs = new WatchedRuns(dependencies.orchestrator, dependencies.clock);
    this.#versions = new RepositoryVersions(dependencies);
    this.#told = new ToldStatus(dependencies);
  }

  /** `objects`: all that there are. Throws PortError ClusterUnreachable when Temporal or the cluster is away. */
  async run(
    objects: readonly MaintenanceObject[],
    repositories: readonly RepositoryObject[],
    picture: Pick<Picture, 'claim' | 'volsyncActs'>,
    complete: boolean,
    notes: PassNotes,
  ): Promise<void> {
    this.#told.keep(objects);
    for (const object of objects.filter((one) => !isManaged(one, picture)))
      notes.hold(object.metadata?.deletionTimestamp ? 'Deleting' : HoldReason.awaitingAdoption);
    const views: View[] = [];
    const managed = objects.filter((object) => isManaged(object, picture));
    await inLanes(managed, LANES, async (object) => {
      views.push(await this.#look(object, picture, notes));
    });
    await this.#sync(views, complete);
    const beside = this.#alsoMaintains(repositories);
    await inLanes(views, LANES, (view) => this.#act(view, beside, notes));
  }

  async #look(object: MaintenanceObject, picture: Pick<Picture, 'claim'>, notes: PassNotes): Promise<View> {
    const { namespace = '', name = '' } = object.metadata ?? {};
    const base = { object, namespace, name, key: keyOf(object), secretVersion: undefined };
    const reading = readKopiaMaintenance(object);
    if (reading.kind !== 'Maintenance') {
      const problem =
        reading.kind === 'Invalid' ? invalidSpec(reading.problems) : { reason: 'InvalidSpec', message: reading.reason };
      notes.hold(problem.reason);
      return { ...base, maintenance: undefined, problem };
    }
    const { maintenance } = reading;
    if (!maintenance.enabled) return { ...base, maintenance, problem: undefined };
    const { declaration } = maintenance;
    const ref = { namespace, name: declaration.secretName };
    const secret = await this.#secrets.check(ref, undefined).catch(ownProblem);
    if ('reason' in secret) {
      this.#hold(secret, notes, true);
      return { ...base, maintenance: undefined, problem: secret };
    }
    const problem =
      secretProblem(secret, ref, FIELDS.secret) ?? repositoryProblem(namespace, declaration, secret, picture, FIELDS);
    if (problem) this.#hold(problem, notes, isUnusable(secret));
    return { ...base, maintenance, problem, secretVersion: secret.version };
  }

  /** A Secret is not watched: where it is the reason, it is asked for again. */
  #hold({ reason }: Problem, notes: PassNotes, ask: boolean): void {
    notes.hold(reason);
    if (ask) notes.lookAgain(this.#dependencies.clock.now() + LOOK_AGAIN);
  }

  async #sync(views: readonly View[], complete: boolean): Promise<void> {
    const { orchestrator, watch } = this.#dependencies;
    const wanted = views.flatMap(({ maintenance, problem }): ScheduledMaintenance[] =>
      maintenance
        ? [{ maintenance, repository: watch.repository, ...(problem ? { held: wordsOf(problem) } : {}) }]
        : [],
    );
    const keep = views.filter(({ maintenance }) => !maintenance).map(({ namespace, name }) => ({ namespace, name }));
    const words = JSON.stringify([sorted(wanted), keep.map(({ namespace, name }) => `${namespace}/${name}`).sort()]);
    if (!complete && words === this.#done && this.#failed.size === 0) return;
    this.#done = '';
    this.#failed = (await orchestrator.syncMaintenance(wanted, keep)).failed;
    this.#done = words;
  }

  async #act(view: View, beside: string | undefined, notes: PassNotes): Promise<void> {
    const failure = this.#failed.get(view.key);
    const problem =
      view.problem ?? (failure === undefined ? undefined : { reason: 'ScheduleFailed', message: failure });
    await this.#tell({ ...view, problem }, beside, notes);
    const failed = await this.#startManual(view, notes).then(() => undefined, ownProblem);
    if (!failed) return;
    notes.hold(failed.reason);
    await this.#tell({ ...view, problem: failed }, beside, notes);
  }

  async #tell(view: View, beside: string | undefined, notes: PassNotes): Promise<void> {
    const { object, maintenance, problem } = view;
    const { generation } = object.metadata ?? {};
    const now = new Date(this.#dependencies.clock.now());
    const wanted = buildMaintenanceStatus({ status: object.status, generation, maintenance, problem, beside, now });
    await this.#told.write(MAINTENANCE_KIND, object, wanted, problem, notes);
  }

  /** One run for each new value; it counts as answered when one ended well, so one that was left out is started again. */
  async #startManual({ object, maintenance, problem, secretVersion, ...ref }: View, notes: PassNotes): Promise<void> {
    const { namespace, name } = ref;
    if (!maintenance?.enabled || maintenance.suspended || problem || maintenance.manual === undefined) return;
    const { manual } = maintenance;
    if (object.status?.lastManualSync === manual) return;
    const { orchestrator, watch } = this.#dependencies;
    const { uid, generation } = object.metadata ?? {};
    const request = { repository: watch.repository, declaredBy: { namespace, name, manual } };
    const version = await this.#versions.of(watch.repository);
    const attempt = attemptOf('maintenance', request, uid, generation, secretVersion, version);
    const id = declaredMaintenanceId(namespace, name);
    const decision = await this.#runs.startIfDue(id, { attempt, repeats: true }, () =>
      orchestrator.startMaintenance(request, attempt),
    );
    if (decision.kind === 'Wait') notes.lookAgain(decision.until);
  }

  /** Both act, one after the other: their runs wait for the same lock. */
  #alsoMaintains(repositories: readonly RepositoryObject[]): string | undefined {
    const { repository = DEFAULT_REPOSITORY } = this.#dependencies.watch;
    const readings = repositories.map((object) => readKopiaRepository(object));
    const also = readings.find((one) => one.kind === 'Repository' && one.declared.repository.name === repository);
    if (also?.kind !== 'Repository' || also.declared.triggers.fullMaintenance.paused) return undefined;
    const { namespace, name } = also.declared.repository;
    return `KopiaRepository ${namespace}/${name} maintains the same repository, one after the other: set its spec.maintenance.paused, or spec.enabled: false here, where one is enough`;
  }
}

const wordsOf = ({ reason, message }: Problem): string => `${reason}: ${message}`;

const sorted = (wanted: readonly ScheduledMaintenance[]): string[] => wanted.map((one) => JSON.stringify(one)).sort();
