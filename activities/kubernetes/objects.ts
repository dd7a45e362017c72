import type { JsonPatchOperation, Kind, ObjectOf, ObjectRef, StatusKind, WatchSelector } from '../ports/cluster.ts';
import { ApiError, alreadyExists, isConflict, isMissing, isMissingObject, toPortError } from './api-errors.ts';
import { collectionPath, kinds, objectPath, selectorQuery } from './kinds.ts';
import { withRetries } from './retry.ts';
import { fromJson, type Json, toJson } from './serialization.ts';
import type { ApiRequest, Transport } from './transport.ts';

/** The calls that have one answer. Each throws PortError only; see the port for what undefined means. */
export class Objects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async get<K extends Kind>(kind: K, ref: ObjectRef): Promise<ObjectOf[K] | undefined> {
    const request: ApiRequest = { method: 'GET', path: objectPath(kind, ref), verb: 'get', kind };
    const json = await this.#call(request, kind, ref, { absent: isMissing(kind) });
    return json && fromJson(kind, json);
  }

  async list<K extends Kind>(kind: K, selector: WatchSelector): Promise<ObjectOf[K][]> {
    const path = collectionPath(kind, selector.namespace);
    const request: ApiRequest = { method: 'GET', path, query: selectorQuery(selector), verb: 'list', kind };
    const json = await this.#call(request, kind, selector, {});
    return ((json?.items ?? []) as Json[]).map((item) => fromJson(kind, item));
  }

  async create<K extends Kind>(kind: K, object: ObjectOf[K]): Promise<ObjectOf[K] | undefined> {
    const { namespace, name = '' } = object.metadata ?? {};
    const path = collectionPath(kind, namespace);
    const request: ApiRequest = { method: 'POST', path, body: toJson(kind, object), verb: 'create', kind };
    const target = { name, ...(namespace === undefined ? {} : { namespace }) };
    const json = await this.#call(request, kind, target, { absent: alreadyExists });
    return json && fromJson(kind, json);
  }

  async patch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    patch: object,
    options: { readonly subresource?: 'status' } = {},
  ): Promise<ObjectOf[K] | undefined> {
    const path = objectPath(kind, ref, options.subresource);
    const contentType = 'application/merge-patch+json';
    const request: ApiRequest = { method: 'PATCH', path, body: patch, contentType, verb: 'patch', kind };
    const json = await this.#call(request, kind, ref, { absent: isMissingObject, retryConflicts: true });
    return json && fromJson(kind, json);
  }

  async applyStatus<K extends StatusKind>(
    kind: K,
    ref: ObjectRef,
    status: object,
    fieldManager: string,
  ): Promise<ObjectOf[K] | undefined> {
    const path = objectPath(kind, ref, 'status');
    const { apiVersion } = kinds[kind];
    const request: ApiRequest = {
      method: 'PATCH',
      path,
      // Taken over from whoever holds a field: during a hand-over that is VolSync.
      query: { fieldManager, force: 'true' },
      body: { apiVersion, kind, metadata: { ...ref }, status },
      contentType: 'application/apply-patch+yaml',
      verb: 'patch',
      kind,
    };
    const json = await this.#call(request, kind, ref, { absent: isMissing(kind), retryConflicts: true });
    return json && fromJson(kind, json);
  }

  async jsonPatch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf[K] | undefined> {
    const path = objectPath(kind, ref);
    const contentType = 'application/json-patch+json';
    const request: ApiRequest = { method: 'PATCH', path, body: operations, contentType, verb: 'patch', kind };
    const tests = operations.some(({ op }) => op === 'test');
    const absent = (error: ApiError): boolean => isMissingObject(error) || (tests && isFailedTest(error));
    const json = await this.#call(request, kind, ref, { absent, retryConflicts: true });
    return json && fromJson(kind, json);
  }

  async delete(
    kind: Kind,
    ref: ObjectRef,
    { uid, gracePeriodSeconds }: { readonly uid?: string; readonly gracePeriodSeconds?: number } = {},
  ): Promise<boolean> {
    const body = {
      ...{ apiVersion: 'v1', kind: 'DeleteOptions' },
      // Only a Job has dependents; for the others a foreground deletion is the same with two more writes.
      propagationPolicy: kind === 'Job' ? 'Foreground' : 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    const request: ApiRequest = { method: 'DELETE', path: objectPath(kind, ref), body, verb: 'delete', kind };
    const absent = (error: ApiError): boolean => isMissingObject(error) || (uid !== undefined && isConflict(error));
    return (await this.#call(request, kind, ref, { absent })) !== undefined;
  }

  async #call(
    request: ApiRequest,
    kind: Kind,
    target: ObjectRef | WatchSelector,
    options: { readonly absent?: (error: ApiError) => boolean; readonly retryConflicts?: boolean },
  ): Promise<Json | undefined> {
    try {
      return await withRetries(() => this.#transport.send(request), options);
    } catch (error) {
      if (error instanceof ApiError && options.absent?.(error)) return undefined;
      throw toPortError(error, { verb: request.verb, kind, target });
    }
  }
}

/** A `test` that does not hold (or a path that is not there) is a 422 that names no object; a validation error names one. */
const isFailedTest = ({ status }: ApiError): boolean => status.code === 422 && status.name === undefined;
