import type { Kind, WatchSelector } from '../../activities/ports/cluster.ts';
import { CLAIM_FINALIZER } from './garbage-collection.ts';
import type { StoredMetadata, StoredObject } from './object-store.ts';

const KINDS_WITH_STATUS: readonly Kind[] = [
  ...(['Job', 'Pod', 'PersistentVolumeClaim', 'PersistentVolume', 'VolumeSnapshot'] as const),
  ...(['ReplicationSource', 'ReplicationDestination', 'KopiaMaintenance', 'KopiaRepository'] as const),
];

/** True when a selector means this object. */
export function matches({ metadata }: StoredObject, { namespace, name, labels }: WatchSelector): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  if (name !== undefined && metadata.name !== name) return false;
  const wanted = labels === undefined ? [] : labels.split(',').map((pair) => pair.split('='));
  return wanted.every(([key = '', value]) => {
    const label = metadata.labels?.[key];
    return value === undefined ? label !== undefined : label === value;
  });
}

/** Who applied something is noted on the object; of what that was, only the name is kept here. */
export function managedBy(object: StoredObject, manager: string): StoredObject {
  const { managedFields = [] } = object.metadata;
  if (managedFields.some((entry) => entry.manager === manager)) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: [...managedFields, { manager }] } };
}

/** What the API server itself adds to a new object; a status that the caller sent is dropped. */
export function withDefaults(kind: Kind, json: Record<string, unknown>): Record<string, unknown> {
  const { status, ...rest } = json;
  const metadata = json.metadata as StoredMetadata;
  if (kind === 'PersistentVolumeClaim') {
    const finalizers = [...(metadata.finalizers ?? []), CLAIM_FINALIZER];
    return { ...rest, metadata: { ...metadata, finalizers }, status: { phase: 'Pending' } };
  }
  if (kind === 'Pod' || kind === 'PersistentVolume') return { ...rest, status: { phase: 'Pending' } };
  return KINDS_WITH_STATUS.includes(kind) || status === undefined ? rest : { ...rest, status };
}

/** A change through the main resource leaves the status alone, one through `/status` everything else. */
export function mergeWrite(
  before: StoredObject,
  patched: Record<string, unknown>,
  subresource: 'status' | undefined,
): StoredObject {
  if (subresource === 'status') return { ...before, status: patched.status };
  if (!KINDS_WITH_STATUS.includes(before.kind)) return patched as unknown as StoredObject;
  const { status, ...rest } = patched;
  return { ...rest, ...(before.status === undefined ? {} : { status: before.status }) } as unknown as StoredObject;
}
