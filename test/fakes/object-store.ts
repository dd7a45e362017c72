import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Kind, ObjectRef } from '../../activities/ports/cluster.ts';

export interface StoredMetadata {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  managedFields?: { manager: string }[];
  ownerReferences?: { uid: string; kind: string; name: string }[];
}

/** An object as the API would write it. */
export interface StoredObject {
  readonly kind: Kind;
  readonly metadata: StoredMetadata;
  readonly [key: string]: unknown;
}

export interface StoreChange {
  readonly type: 'Present' | 'Gone';
  readonly object: StoredObject;
}

/** Objects with uid, resourceVersion and change notices, like the storage of an API server. Knows no rule of any kind. */
export class ObjectStore {
  readonly #objects = new Map<string, StoredObject>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #version = 1000;

  get(kind: Kind, ref: ObjectRef): StoredObject | undefined {
    return this.#objects.get(keyOf(kind, ref));
  }

  all(): StoredObject[] {
    return [...this.#objects.values()];
  }

  list(kind: Kind): StoredObject[] {
    return this.all().filter((object) => object.kind === kind);
  }

  /** Undefined when the name is taken. */
  insert(kind: Kind, object: Record<string, unknown>): StoredObject | undefined {
    const given = object.metadata as Partial<StoredMetadata> & { name: string };
    if (this.get(kind, given)) return undefined;
    const metadata = { ...given, uid: randomUUID(), creationTimestamp: now() };
    return this.#put({ ...object, kind, metadata: { ...metadata, resourceVersion: '' } });
  }

  /** Puts a changed object in place of the one of its name; an unchanged one keeps its version and is not reported. */
  replace(object: StoredObject): StoredObject {
    const before = this.get(object.kind, object.metadata);
    const { uid = '', resourceVersion = '', creationTimestamp = '' } = before?.metadata ?? {};
    const next = { ...object, metadata: { ...object.metadata, uid, resourceVersion, creationTimestamp } };
    return isDeepStrictEqual(before, next) ? next : this.#put(next);
  }

  remove(object: StoredObject): void {
    if (!this.#objects.delete(keyOf(object.kind, object.metadata))) return;
    const metadata = { ...object.metadata, resourceVersion: this.#nextVersion() };
    this.#notify({ type: 'Gone', object: { ...object, metadata } });
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #put(object: StoredObject): StoredObject {
    const stored = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: this.#nextVersion() },
    });
    this.#objects.set(keyOf(object.kind, object.metadata), stored);
    this.#notify({ type: 'Present', object: stored });
    return stored;
  }

  #nextVersion(): string {
    this.#version++;
    return String(this.#version);
  }

  #notify(change: StoreChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** Times of the API have whole seconds. */
export const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

const keyOf = (kind: Kind, ref: ObjectRef): string => `${kind} ${ref.namespace ?? ''}/${ref.name}`;
