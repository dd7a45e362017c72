// The client exports its serializer from no entry of its own; the file is part of the pinned version.
import { ObjectSerializer } from '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
import type { Kind, ObjectOf } from '../ports/cluster.ts';
import { kinds } from './kinds.ts';

/** An object as the API writes it: times are strings. */
export type Json = { readonly [key: string]: unknown };

/** Turns the API's JSON into the typed object (times become Date). List items get the kind they lack. */
export function fromJson<K extends Kind>(kind: K, json: Json): ObjectOf[K] {
  const { apiVersion, model } = kinds[kind];
  const complete = { apiVersion, kind, ...json, ...(json.metadata ? { metadata: withoutFields(json.metadata) } : {}) };
  if (model !== undefined) return ObjectSerializer.deserialize(complete, model, '') as ObjectOf[K];
  const metadata: unknown = ObjectSerializer.deserialize(complete.metadata, 'V1ObjectMeta', '');
  return { ...complete, metadata } as unknown as ObjectOf[K];
}

/**
 * Who wrote an object, without which fields of it: nobody here asks for those, and of an object that is watched they are
 * most of its memory.
 */
function withoutFields(metadata: unknown): unknown {
  const { managedFields, ...rest } = metadata as { managedFields?: readonly Record<string, unknown>[] };
  if (!Array.isArray(managedFields)) return metadata;
  return { ...rest, managedFields: managedFields.map(({ fieldsV1: _, ...writer }) => writer) };
}

/** Turns a typed object into the API's JSON, with apiVersion and kind filled in. */
export function toJson<K extends Kind>(kind: K, object: ObjectOf[K]): Json {
  const { apiVersion, model } = kinds[kind];
  const json =
    model === undefined
      ? { ...object, metadata: ObjectSerializer.serialize(object.metadata, 'V1ObjectMeta', '') }
      : (ObjectSerializer.serialize(object, model, '') as Json);
  // A round trip drops what is undefined and leaves plain data.
  return JSON.parse(JSON.stringify({ ...json, apiVersion, kind })) as Json;
}
