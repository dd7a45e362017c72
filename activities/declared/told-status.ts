import type { ActivityDependencies } from '../dependencies.ts';
import type { StatusKind } from '../ports/cluster.ts';
import type { ToldWords } from './condition.ts';
import type { PassNotes } from './declared-context.ts';
import { ownProblem, type Problem } from './problem.ts';
import { type Told, tellHeld, writeStatus } from './status-writer.ts';

/** After a status that could not be written, milliseconds; doubles up to the longest. */
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 5 * 60_000;

interface Refused {
  readonly words: string;
  readonly problem: Problem;
  readonly failures: number;
  readonly until: number;
}

/**
 * Writes what the watch says of objects. One that refuses it (a namespace's rights, an admission hook) keeps no other waiting:
 * it is tried again later and later, or when something else is to be said, and an event tells what its status can't.
 */
export class ToldStatus {
  readonly #dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>;
  /** By uid. */
  readonly #refused = new Map<string, Refused>();

  constructor(dependencies: Pick<ActivityDependencies, 'cluster' | 'clock' | 'log'>) {
    this.#dependencies = dependencies;
  }

  /** Throws PortError ClusterUnreachable only. */
  async write(
    kind: StatusKind,
    object: Told,
    wanted: ToldWords,
    problem: Problem | undefined,
    notes: PassNotes,
  ): Promise<void> {
    const { clock, log } = this.#dependencies;
    const { uid = '', namespace, name } = object.metadata ?? {};
    const words = wordsOf(wanted);
    const before = this.#refused.get(uid);
    const same = before !== undefined && before.words === words;
    if (same && clock.now() < before.until) return this.#note(before, notes);
    try {
      await writeStatus(this.#dependencies, kind, object, wanted, problem);
      this.#refused.delete(uid);
    } catch (error) {
      const own = ownProblem(error);
      const failures = same ? before.failures + 1 : 1;
      const until = clock.now() + Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT);
      const refused = { words, failures, until, problem: own };
      this.#refused.set(uid, refused);
      this.#note(refused, notes);
      log.warn({ kind, namespace, name, error }, 'the status of a declared object could not be written');
      const message = `its status could not be written: ${own.message}`;
      await tellHeld(this.#dependencies, kind, object, { reason: own.reason, message });
    }
  }

  /** Forgets objects that are gone. */
  keep(objects: readonly Told[]): void {
    const present = new Set(objects.map(({ metadata }) => metadata?.uid));
    for (const uid of this.#refused.keys()) if (!present.has(uid)) this.#refused.delete(uid);
  }

  #note({ problem, until }: Refused, notes: PassNotes): void {
    notes.hold(problem.reason);
    notes.lookAgain(until);
  }
}

/** What a status says, without its times: those of one that was never written begin anew with each try. */
const wordsOf = ({ conditions }: ToldWords): string =>
  JSON.stringify(conditions.map(({ type, status, reason, message }) => [type, status, reason, message]));
