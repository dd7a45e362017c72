import type { ActivityLog } from '../ports/activity-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, Kind, ObjectOf } from '../ports/cluster.ts';

/** How long after a watch that broke the next one begins, milliseconds; doubles up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

export interface LiveSetOptions<K extends Kind> {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: ActivityLog;
  readonly kind: K;
  /** Only this namespace is watched; the whole cluster where left out. */
  readonly namespace?: string;
  /** False: the object is as if it were not there. */
  readonly wanted: (object: ObjectOf[K]) => boolean;
  /** Called after each change, and when the set has become complete; `redeclared`: more than a status may have changed. */
  readonly onChange: (redeclared: boolean) => void;
}

/**
 * Every object of one kind, as it is. While the API server is away the set keeps what it knew; when it is back, what went
 * meanwhile is gone. Until all objects were seen once it is not complete, and nothing may be concluded from what it lacks.
 */
export class LiveSet<K extends Kind> {
  readonly #options: LiveSetOptions<K>;
  #known = new Map<string, ObjectOf[K]>();
  #complete = false;

  constructor(options: LiveSetOptions<K>) {
    this.#options = options;
  }

  /** True once all objects that existed at some time were seen; stays true while the API server is away. */
  get complete(): boolean {
    return this.#complete;
  }

  values(): ObjectOf[K][] {
    return [...this.#known.values()];
  }

  get(namespace: string, name: string): ObjectOf[K] | undefined {
    return this.#known.get(`${namespace}/${name}`);
  }

  /** Follows the kind until `signal` aborts; never throws. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, log, kind } = this.#options;
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      try {
        await this.#watch(signal, () => {
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        if (!signal.aborted) log.warn({ kind, error }, 'a watch of declared objects broke; what is known stays');
      }
      await clock.sleep(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** One watch. Its first round fills a map of its own, so that objects which went unseen are not kept. */
  async #watch(signal: AbortSignal, onComplete: () => void): Promise<void> {
    const { cluster, kind, namespace, wanted, onChange } = this.#options;
    const selector = namespace === undefined ? {} : { namespace };
    const fresh = new Map<string, ObjectOf[K]>();
    const complete = (): void => {
      this.#known = fresh;
      this.#complete = true;
      onComplete();
      onChange(true);
    };
    for await (const { type, object } of cluster.watch(kind, selector, signal, complete)) {
      const key = `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
      const present = type === 'Present' && wanted(object);
      const before = this.#known.get(key)?.metadata;
      for (const map of new Set([fresh, this.#known])) {
        // Before the first round is over, an object that the old map knows is only refreshed there.
        if (present) map.set(key, object);
        else map.delete(key);
      }
      const { uid, generation } = object.metadata ?? {};
      const same = present && before?.uid === uid && before?.generation === generation;
      if (this.#complete) onChange(!same);
    }
  }
}
