import { ApiError, toPortError } from '../../activities/kubernetes/api-errors.ts';
import { describeObject, kinds } from '../../activities/kubernetes/kinds.ts';
import { RequestCounter } from '../../activities/kubernetes/request-counter.ts';
import { fromJson, type Json, toJson } from '../../activities/kubernetes/serialization.ts';
import type {
  Cluster,
  JsonPatchOperation,
  Kind,
  ObjectOf,
  ObjectRef,
  StatusKind,
  WatchEvent,
  WatchSelector,
} from '../../activities/ports/cluster.ts';
import { managedBy, matches, mergeWrite, withDefaults } from './api-rules.ts';
import { AppliedFields } from './applied-fields.ts';
import { ChangeFeed } from './change-feed.ts';
import { ContainerLogs } from './container-logs.ts';
import { type Controller, ControllerRunner } from './controller-runner.ts';
import { collectGarbage, requestDeletion } from './garbage-collection.ts';
import { ObjectStore, type StoreChange, type StoredObject } from './object-store.ts';
import { jsonPatch, mergePatch } from './patches.ts';

/** Answers `scrape`: the page of a pod's address, port and path. */
export type Scraper = (podAddress: string, port: number, path: string) => string | undefined;

export interface InMemoryClusterOptions {
  readonly controllers?: readonly Controller[];
  /** Beside `default`. */
  readonly namespaces?: readonly string[];
  readonly scraper?: Scraper;
}

/**
 * A cluster for fast tests; passes the conformance suite of the real one. Nothing happens in it by itself except the
 * garbage collection: scheduling, volumes and containers are controllers of the test (controllers.ts).
 */
export class InMemoryCluster implements Cluster {
  readonly store = new ObjectStore();
  readonly #logs = new ContainerLogs();
  readonly #counter = new RequestCounter();
  readonly #changes = new ChangeFeed();
  readonly #applied = new AppliedFields();
  readonly #scraper: Scraper;
  readonly #controllers: ControllerRunner;

  constructor({ controllers = [], namespaces = [], scraper = () => undefined }: InMemoryClusterOptions = {}) {
    this.#controllers = new ControllerRunner(controllers);
    this.#scraper = scraper;
    for (const name of ['default', ...namespaces]) this.#seed(name);
    this.store.subscribe((change) => {
      this.#changes.push(change);
      // Later, so that a controller never changes what a caller is just being told.
      queueMicrotask(() => this.#react(change));
    });
  }

  async get<K extends Kind>(kind: K, ref: ObjectRef): Promise<ObjectOf[K] | undefined> {
    this.#counter.add('get', kind);
    return this.#typed(kind, this.store.get(kind, ref));
  }

  async list<K extends Kind>(kind: K, selector: WatchSelector): Promise<ObjectOf[K][]> {
    this.#counter.add('list', kind);
    const found = this.store.list(kind).filter((object) => matches(object, selector));
    return found.map((object) => fromJson(kind, structuredClone(object)));
  }

  async create<K extends Kind>(kind: K, object: ObjectOf[K]): Promise<ObjectOf[K] | undefined> {
    this.#counter.add('create', kind);
    const { name = '', namespace } = object.metadata ?? {};
    if (kinds[kind].namespaced) this.#requireNamespace(kind, { name, ...(namespace !== undefined && { namespace }) });
    return this.#typed(kind, this.store.insert(kind, withDefaults(kind, toJson(kind, object))));
  }

  async patch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    patch: object,
    options: { readonly subresource?: 'status' } = {},
  ): Promise<ObjectOf[K] | undefined> {
    this.#counter.add('patch', kind);
    const before = this.store.get(kind, ref);
    if (!before) return undefined;
    const patched = mergePatch(before, patch) as Record<string, unknown>;
    return this.#typed(kind, this.#replace(before, patched, options.subresource));
  }

  async jsonPatch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf[K] | undefined> {
    this.#counter.add('patch', kind);
    const before = this.store.get(kind, ref);
    const patched = before && jsonPatch(before, operations);
    return before && patched && this.#typed(kind, this.#replace(before, patched));
  }

  async applyStatus<K extends StatusKind>(
    kind: K,
    ref: ObjectRef,
    status: object,
    fieldManager: string,
  ): Promise<ObjectOf[K] | undefined> {
    this.#counter.add('patch', kind);
    const before = this.store.get(kind, ref);
    if (!before) return undefined;
    const merged = this.#applied.merge(before, status as Record<string, unknown>, fieldManager);
    const managed = managedBy(before, fieldManager);
    return this.#typed(kind, this.#replace(managed, { ...managed, status: merged }, 'status'));
  }

  async delete(
    kind: Kind,
    ref: ObjectRef,
    options: { readonly uid?: string; readonly gracePeriodSeconds?: number } = {},
  ): Promise<boolean> {
    this.#counter.add('delete', kind);
    const object = this.store.get(kind, ref);
    if (!object || (options.uid !== undefined && options.uid !== object.metadata.uid)) return false;
    requestDeletion(this.store, object, options.gracePeriodSeconds);
    collectGarbage(this.store);
    return true;
  }

  async *watch<K extends Kind>(
    kind: K,
    selector: WatchSelector,
    signal: AbortSignal,
    onComplete: () => void = () => undefined,
  ): AsyncGenerator<WatchEvent<ObjectOf[K]>, void, undefined> {
    this.#counter.add('watch', kind);
    const { name, namespace } = selector;
    const existing = () => this.store.list(kind).filter((object) => matches(object, selector));
    if (name !== undefined && existing().length === 0 && !signal.aborted)
      yield { type: 'Gone', object: fromJson(kind, { metadata: { name, ...(namespace && { namespace }) } }) };
    for await (const { type, object } of this.#changes.read(existing, signal, onComplete))
      if (object.kind === kind && matches(object, selector))
        yield { type, object: this.#typed(kind, object) as ObjectOf[K] };
  }

  async *followLog(pod: ObjectRef, container: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    this.#counter.add('log', 'Pod');
    if (!this.store.get('Pod', pod)) return;
    yield* this.#logs.follow(logKey(pod, container), signal);
  }

  async scrape(podAddress: string, port: number, path: string): Promise<string | undefined> {
    return this.#scraper(podAddress, port, path);
  }

  requestCounts(): Readonly<Record<string, number>> {
    return this.#counter.read();
  }

  /** For controllers: a line of a container's log. */
  appendLog(pod: ObjectRef, container: string, line: string): void {
    this.#logs.append(logKey(pod, container), line);
  }

  /** For controllers: the container has ended. */
  endLog(pod: ObjectRef, container: string): void {
    this.#logs.end(logKey(pod, container));
  }

  /** Changes any part of an object, status included, as a controller with full rights; nothing when it is gone. */
  update(kind: Kind, ref: ObjectRef, patch: object): void {
    const before = this.store.get(kind, ref);
    if (before) this.store.replace(mergePatch(before, patch) as unknown as StoredObject);
    collectGarbage(this.store);
  }

  /** Throws what a controller threw; call at the end of a test that uses controllers. */
  verifyControllers(): void {
    this.#controllers.verify();
  }

  /** Names of everything there is, `Kind namespace/name`, sorted; namespaces left out. */
  contents(): string[] {
    const objects = this.store.all().filter(({ kind }) => kind !== 'Namespace');
    return objects.map(({ kind, metadata }) => describeObject(kind, metadata)).sort();
  }

  #seed(name: string): void {
    const labels = { 'kubernetes.io/metadata.name': name };
    this.store.insert('Namespace', { apiVersion: 'v1', metadata: { name, labels }, status: { phase: 'Active' } });
  }

  #react(change: StoreChange): void {
    if (change.type === 'Gone')
      for (const name of containersOf(change.object)) this.endLog(change.object.metadata, name);
    collectGarbage(this.store);
    this.#controllers.react(change, this);
  }

  #replace(before: StoredObject, patched: Record<string, unknown>, subresource?: 'status'): StoredObject {
    const stored = this.store.replace(mergeWrite(before, patched, subresource));
    collectGarbage(this.store);
    return stored;
  }

  #requireNamespace(kind: Kind, target: ObjectRef): void {
    const namespace = target.namespace ?? '';
    if (this.store.get('Namespace', { name: namespace })) return;
    const message = `namespaces "${namespace}" not found`;
    const status = { code: 404, reason: 'NotFound', message, name: namespace };
    throw toPortError(new ApiError(status), { verb: 'create', kind, target });
  }

  #typed<K extends Kind>(kind: K, object: StoredObject | undefined): ObjectOf[K] | undefined {
    return object && fromJson(kind, structuredClone(object) as unknown as Json);
  }
}

const logKey = (pod: ObjectRef, container: string): string => `${pod.namespace}/${pod.name}/${container}`;

const containersOf = ({ spec }: StoredObject): string[] =>
  ((spec ?? {}) as { containers?: { name: string }[] }).containers?.map(({ name }) => name) ?? [];
