import { DECLARED_API_VERSION, REPOSITORY_API_VERSION } from '../../api/declared-object.ts';
import type { Kind, ObjectRef, WatchSelector } from '../ports/cluster.ts';

/** How a kind is addressed, and which model of the client turns its JSON into typed objects. */
export interface KindDescription {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Undefined for kinds that the client has no model of; only their metadata is typed then. */
  readonly model: string | undefined;
}

const core = (plural: string, model: string, namespaced = true): KindDescription => ({
  apiVersion: 'v1',
  plural,
  namespaced,
  model,
});

const declared = (plural: string): KindDescription => ({
  apiVersion: DECLARED_API_VERSION,
  plural,
  namespaced: true,
  model: undefined,
});

/** A table instead of the API's discovery: no request is spent on what never changes. */
export const kinds: Readonly<Record<Kind, KindDescription>> = {
  Job: { apiVersion: 'batch/v1', plural: 'jobs', namespaced: true, model: 'V1Job' },
  Pod: core('pods', 'V1Pod'),
  PersistentVolumeClaim: core('persistentvolumeclaims', 'V1PersistentVolumeClaim'),
  PersistentVolume: core('persistentvolumes', 'V1PersistentVolume', false),
  VolumeSnapshot: {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    plural: 'volumesnapshots',
    namespaced: true,
    model: undefined,
  },
  Secret: core('secrets', 'V1Secret'),
  ConfigMap: core('configmaps', 'V1ConfigMap'),
  Namespace: core('namespaces', 'V1Namespace', false),
  Event: core('events', 'CoreV1Event'),
  ReplicationSource: declared('replicationsources'),
  ReplicationDestination: declared('replicationdestinations'),
  KopiaMaintenance: declared('kopiamaintenances'),
  KopiaRepository: {
    apiVersion: REPOSITORY_API_VERSION,
    plural: 'kopiarepositories',
    namespaced: true,
    model: undefined,
  },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespaced: true, model: undefined },
};

/** Path of a kind's collection; without a namespace that of the whole cluster. */
export function collectionPath(kind: Kind, namespace: string | undefined): string {
  const { apiVersion, plural, namespaced } = kinds[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${plural}`;
}

/** Path of one object, or of a subresource of it. Throws when a namespaced kind is asked for without a namespace. */
export function objectPath(kind: Kind, ref: ObjectRef, subresource?: string): string {
  if (kinds[kind].namespaced && ref.namespace === undefined)
    throw new TypeError(`${kind} ${ref.name} needs a namespace`);
  const path = `${collectionPath(kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The query parameters that a selector stands for. */
export function selectorQuery(selector: WatchSelector): Record<string, string> {
  return {
    ...(selector.name === undefined ? {} : { fieldSelector: `metadata.name=${selector.name}` }),
    ...(selector.labels === undefined ? {} : { labelSelector: selector.labels }),
  };
}

/** `Kind namespace/name` or `Kind name`, for messages. */
export const describeObject = (kind: Kind, ref: ObjectRef | WatchSelector): string =>
  `${kind} ${[ref.namespace, ref.name].filter(Boolean).join('/')}`.trim();
