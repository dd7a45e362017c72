import { isDeepStrictEqual } from 'node:util';
import { ConditionType, FieldManager } from '../../api/declared-object.ts';
import {
  CareTask,
  type DeclaredRepository,
  type RepositoryReading,
  readKopiaRepository,
} from '../../api/kopia-repository.ts';
import { nextTick } from '../../api/next-tick.ts';
import { repositoryHealth } from '../../api/repository-health.ts';
import type { CareStatus } from '../../api/repository-status.ts';
import { wholeSeconds } from '../../api/run-status.ts';
import type { RepositoryObject } from '../ports/cluster.ts';
import { buildConditions, type WantedCondition } from './condition.ts';
import type { PassNotes, WatchDependencies } from './declared-context.ts';
import { invalidSpec, ownProblem } from './problem.ts';

/** After a status that was refused, milliseconds. */
const REFUSED_AGAIN = 60_000;

/** The KopiaRepositories of Stowage's namespace, the schedules of their care, and the watch's part of their status. */
export class CarePass {
  readonly #dependencies: WatchDependencies;
  #done = '';
  /** By uid: when a refused status is tried again, milliseconds since 1970. */
  readonly #refused = new Map<string, number>();

  constructor(dependencies: WatchDependencies) {
    this.#dependencies = dependencies;
  }

  /** Throws PortError ClusterUnreachable when Temporal or the cluster is away. */
  async run(objects: readonly RepositoryObject[], complete: boolean, notes: PassNotes): Promise<void> {
    const read = objects.map((object) => ({ object, reading: readKopiaRepository(object) }));
    const declared = read.flatMap(({ reading }) => (reading.kind === 'Repository' ? [reading.declared] : []));
    // One that can't be read keeps its schedules: what it said before was good, and nobody said it shall end.
    const unreadable = read.some(({ reading }) => reading.kind === 'Invalid');
    const fingerprint = JSON.stringify(declared);
    if (!unreadable && (complete || fingerprint !== this.#done)) {
      await this.#dependencies.orchestrator.syncCare(declared);
      this.#done = fingerprint;
    }
    for (const { object, reading } of read) await this.#tell(object, reading, notes);
  }

  /** A status that is refused is the object's own trouble: it is written again later, and nothing else waits for it. */
  async #tell(object: RepositoryObject, reading: RepositoryReading, notes: PassNotes): Promise<void> {
    const { clock, log } = this.#dependencies;
    const { uid = '', name } = object.metadata ?? {};
    const again = this.#refused.get(uid) ?? 0;
    if (clock.now() < again) return notes.lookAgain(again);
    try {
      await this.#writeStatus(object, reading, notes);
      this.#refused.delete(uid);
    } catch (error) {
      const { reason } = ownProblem(error);
      log.warn({ name, error }, 'the status of a KopiaRepository could not be written');
      this.#refused.set(uid, clock.now() + REFUSED_AGAIN);
      notes.hold(reason);
      notes.lookAgain(clock.now() + REFUSED_AGAIN);
    }
  }

  async #writeStatus(object: RepositoryObject, reading: RepositoryReading, notes: PassNotes): Promise<void> {
    const { cluster, clock } = this.#dependencies;
    const now = new Date(clock.now());
    const { namespace = '', name = '', generation } = object.metadata ?? {};
    const { status = {} } = object;
    const next = reading.kind === 'Repository' ? nextTimes(reading.declared, now) : undefined;
    const conditions = buildConditions(conditionsOf(object, reading), status.conditions ?? [], generation, now);
    const wanted = { conditions, ...(next ? { care: next } : {}) };
    const found = {
      conditions: status.conditions ?? [],
      ...(next
        ? { care: Object.fromEntries(Object.keys(next).map((task) => [task, nextOf(status.care?.[task as CareTask])])) }
        : {}),
    };
    if (reading.kind === 'Invalid') notes.hold('InvalidSpec');
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(wanted)), JSON.parse(JSON.stringify(found)))) return;
    await cluster.applyStatus('KopiaRepository', { namespace, name }, wanted, FieldManager.watch);
  }
}

const nextOf = (care: CareStatus | undefined): CareStatus => (care?.nextTime ? { nextTime: care.nextTime } : {});

function nextTimes({ triggers }: DeclaredRepository, now: Date): Partial<Record<CareTask, CareStatus>> {
  return Object.fromEntries(
    Object.values(CareTask).flatMap((task) => {
      const { cron, paused } = triggers[task];
      const next = paused ? undefined : nextTick(cron, now);
      return next ? [[task, { nextTime: wholeSeconds(next) }]] : [];
    }),
  );
}

function conditionsOf({ status = {} }: RepositoryObject, reading: RepositoryReading): WantedCondition[] {
  const health: WantedCondition = { type: ConditionType.healthy, ...repositoryHealth(status) };
  if (reading.kind === 'Invalid') {
    const { reason, message } = invalidSpec(reading.problems);
    return [{ type: ConditionType.accepted, status: 'False', reason, message }, health];
  }
  const message = 'The declaration is understood, and its schedules exist';
  return [{ type: ConditionType.accepted, status: 'True', reason: 'Accepted', message }, health];
}
