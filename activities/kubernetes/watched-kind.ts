import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityLog } from '../ports/activity-log.ts';
import type { Cluster, Kind, ObjectOf, ObjectRef, WatchEvent, WatchSelector } from '../ports/cluster.ts';

/** Which objects of a kind one watch keeps at hand. */
export interface WatchRule<K extends Kind> {
  readonly selector: WatchSelector;
  /** An object of which this is true is asked for anew at each read: for what grants something that may be taken back. */
  readonly askAnew?: (object: ObjectOf[K]) => boolean;
}

/** How long after a watch that ended the next one begins, milliseconds; doubles up to the longest while none brings anything. */
export interface RewatchTiming {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
}

/** What one long-lived watch knows of a kind, and which of it this process has changed since. Throws as `Cluster.get` does. */
export class WatchedKind<K extends Kind> {
  readonly #cluster: Cluster;
  readonly #kind: K;
  readonly #rule: WatchRule<K>;
  readonly #known = new Map<string, ObjectOf[K]>();
  /** By object, the newest write of this process that the watch was not yet seen to have caught up with. */
  readonly #written = new Map<string, symbol>();

  constructor(cluster: Cluster, kind: K, rule: WatchRule<K>) {
    this.#cluster = cluster;
    this.#kind = kind;
    this.#rule = rule;
  }

  /** Watches until `signal` aborts; never throws. While no watch stands nothing is known, so every read asks. */
  async follow(signal: AbortSignal, timing: RewatchTiming, log: ActivityLog): Promise<void> {
    let wait = timing.firstMilliseconds;
    while (!signal.aborted) {
      try {
        for await (const event of this.#cluster.watch(this.#kind, this.#rule.selector, signal)) {
          this.#take(event);
          wait = timing.firstMilliseconds;
        }
      } catch (error) {
        if (!signal.aborted) log.warn({ kind: this.#kind, error }, 'a watch ended: reads ask the API until it is back');
      }
      this.#known.clear();
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, timing.longestMilliseconds);
    }
  }

  /** A copy of what the watch knows; asks when it knows nothing, the rule says so, or a write of ours may be missing in it. */
  async get(ref: ObjectRef): Promise<ObjectOf[K] | undefined> {
    const key = keyOf(ref);
    const known = this.#known.get(key);
    const written = this.#written.get(key);
    if (known && written === undefined && !this.#rule.askAnew?.(known)) return structuredClone(known);
    const answer = await this.#cluster.get(this.#kind, ref);
    // Both say the same, and nothing was written meanwhile: from here on the watch is not behind our write.
    const caughtUp = versionOf(answer) !== undefined && versionOf(answer) === versionOf(this.#known.get(key));
    if (caughtUp && this.#written.get(key) === written) this.#written.delete(key);
    return answer;
  }

  /** Call after each write of this process, also after one that failed: it may have taken effect. */
  noteWrite(ref: ObjectRef): void {
    this.#written.set(keyOf(ref), Symbol(ref.name));
  }

  #take({ type, object }: WatchEvent<ObjectOf[K]>): void {
    const key = keyOf(object.metadata ?? {});
    if (type === 'Present') this.#known.set(key, object);
    else this.#known.delete(key);
  }
}

const keyOf = ({ namespace = '', name = '' }: { readonly namespace?: string; readonly name?: string }): string =>
  `${namespace}/${name}`;

const versionOf = (object: ObjectOf[Kind] | undefined): string | undefined => object?.metadata?.resourceVersion;
