import type { Kind, ObjectOf, WatchEvent, WatchSelector } from '../ports/cluster.ts';
import { ApiError, readStatus } from './api-errors.ts';
import { fromJson, type Json } from './serialization.ts';

/** One frame of a watch as the API server sends it. */
export interface WatchFrame {
  readonly type: string;
  readonly object: Json;
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Marks the bookmark after the objects that existed when the watch began. */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** True for the frame after which all objects that exist have been reported. */
export const isInitialEnd = ({ type, object }: WatchFrame): boolean =>
  type === 'BOOKMARK' && (object.metadata as Metadata | undefined)?.annotations?.[INITIAL_EVENTS_END] === 'true';

/**
 * What a watch knows, across connections: turns frames into the port's events. A connection that starts anew replays all
 * objects; those that did not change are not reported twice, and those that are gone by its end are reported as such.
 */
export class WatchState<K extends Kind> {
  readonly #kind: K;
  readonly #selector: WatchSelector;
  readonly #known = new Map<string, ObjectOf[K]>();
  #seen: Set<string> | undefined;
  #resourceVersion: string | undefined;

  constructor(kind: K, selector: WatchSelector) {
    this.#kind = kind;
    this.#selector = selector;
  }

  /** Where the next connection can go on; undefined when it has to start anew. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** Call before a connection that starts anew. */
  restart(): void {
    this.#resourceVersion = undefined;
    this.#seen = new Set();
  }

  /** Throws ApiError for an error frame (410 among them). */
  apply({ type, object }: WatchFrame): WatchEvent<ObjectOf[K]>[] {
    const metadata = (object.metadata ?? {}) as Metadata;
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        return this.#present(object, metadata);
      case 'DELETED':
        return this.#deleted(object, metadata);
      case 'BOOKMARK':
        return this.#bookmark(metadata);
      case 'ERROR':
        throw new ApiError(readStatus(Number(object.code ?? 500), JSON.stringify({ kind: 'Status', ...object })));
      default:
        return [];
    }
  }

  #present(json: Json, metadata: Metadata): WatchEvent<ObjectOf[K]>[] {
    const key = keyOf(metadata);
    const before = this.#known.get(key);
    this.#advance(metadata);
    this.#seen?.add(key);
    if (before && before.metadata?.resourceVersion === metadata.resourceVersion) return [];
    const object = fromJson(this.#kind, json);
    this.#known.set(key, object);
    const replaced = before && before.metadata?.uid !== metadata.uid;
    const present = { type: 'Present', object } as const;
    return replaced ? [{ type: 'Gone', object: before }, present] : [present];
  }

  #deleted(json: Json, metadata: Metadata): WatchEvent<ObjectOf[K]>[] {
    this.#advance(metadata);
    this.#known.delete(keyOf(metadata));
    return [{ type: 'Gone', object: fromJson(this.#kind, json) }];
  }

  #bookmark(metadata: Metadata): WatchEvent<ObjectOf[K]>[] {
    const seen = this.#seen;
    if (seen && metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') return [];
    this.#seen = undefined;
    this.#advance(metadata);
    if (!seen) return [];
    const gone = [...this.#known].filter(([key]) => !seen.has(key));
    for (const [key] of gone) this.#known.delete(key);
    const events = gone.map(([, object]) => ({ type: 'Gone', object }) as const);
    return events.length === 0 && this.#known.size === 0 ? this.#absent() : events;
  }

  /** A named object that is not there is `Gone` from the start; otherwise who waits for its end would wait for ever. */
  #absent(): WatchEvent<ObjectOf[K]>[] {
    const { name, namespace } = this.#selector;
    if (name === undefined) return [];
    return [{ type: 'Gone', object: fromJson(this.#kind, { metadata: { name, ...(namespace && { namespace }) } }) }];
  }

  /** While the initial objects arrive their versions are in no order: nothing to resume from. */
  #advance({ resourceVersion }: Metadata): void {
    if (!this.#seen && resourceVersion) this.#resourceVersion = resourceVersion;
  }
}

const keyOf = ({ namespace, name }: Metadata): string => `${namespace ?? ''}/${name ?? ''}`;
