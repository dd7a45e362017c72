import type {
  CoreV1Event,
  V1ConfigMap,
  V1Job,
  V1Namespace,
  V1ObjectMeta,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Secret,
} from '@kubernetes/client-node';
import type { DeclaredKind, DeclaredStatus, MAINTENANCE_KIND, REPOSITORY_KIND } from '../../api/declared-object.ts';
import type { MaintenanceStatus } from '../../api/maintenance-status.ts';
import type { RepositoryStatus } from '../../api/repository-status.ts';

/** A CSI VolumeSnapshot, as far as Stowage reads it. */
export interface VolumeSnapshot {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec: {
    volumeSnapshotClassName?: string;
    source: { persistentVolumeClaimName?: string; volumeSnapshotContentName?: string };
  };
  status?: {
    readyToUse?: boolean;
    restoreSize?: string;
    boundVolumeSnapshotContentName?: string;
    error?: { message?: string; time?: string };
  };
}

/** A ReplicationSource or ReplicationDestination; its spec is read by `api/`. */
export interface DeclaredObject {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec?: Readonly<Record<string, unknown>>;
  status?: DeclaredStatus;
}

/** A KopiaRepository; its spec is read by `api/`. */
export interface RepositoryObject {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec?: Readonly<Record<string, unknown>>;
  status?: RepositoryStatus;
}

/** A KopiaMaintenance; its spec is read by `api/`. */
export interface MaintenanceObject {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec?: Readonly<Record<string, unknown>>;
  status?: MaintenanceStatus;
}

/** A lock that its holder renews (coordination.k8s.io/v1). */
export interface Lease {
  apiVersion?: string;
  kind?: string;
  metadata?: V1ObjectMeta;
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string };
}

/** The kinds that Stowage works with, and their types. */
export interface ObjectOf {
  Job: V1Job;
  Pod: V1Pod;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  PersistentVolume: V1PersistentVolume;
  VolumeSnapshot: VolumeSnapshot;
  Secret: V1Secret;
  ConfigMap: V1ConfigMap;
  Namespace: V1Namespace;
  Event: CoreV1Event;
  ReplicationSource: DeclaredObject;
  ReplicationDestination: DeclaredObject;
  KopiaMaintenance: MaintenanceObject;
  KopiaRepository: RepositoryObject;
  Lease: Lease;
}
export type Kind = keyof ObjectOf;

/** Kinds of declared objects: their status is Stowage's to write, and their CRD may not be there. */
export type StatusKind = DeclaredKind | typeof MAINTENANCE_KIND | typeof REPOSITORY_KIND;

export interface ObjectRef {
  /** Absent for cluster-scoped kinds (PersistentVolume, Namespace). */
  readonly namespace?: string;
  readonly name: string;
}

export interface WatchSelector {
  readonly namespace?: string;
  readonly name?: string;
  /** `key=value[,key=value]`; a key alone means that the label is there, with any value. */
  readonly labels?: string;
}

export interface WatchEvent<T> {
  /** `Present` for what exists or changed, `Gone` for what was deleted. */
  readonly type: 'Present' | 'Gone';
  readonly object: T;
}

/**
 * What Stowage asks of a Kubernetes cluster. Two sides pass one conformance suite: the real client and the in-memory one.
 * Every method throws only PortError: Forbidden (naming verb and resource), ClusterUnreachable, or the one it documents.
 */
export interface Cluster {
  /** Undefined when the object does not exist; for a declared kind also when its CRD is not installed. */
  get<K extends Kind>(kind: K, ref: ObjectRef): Promise<ObjectOf[K] | undefined>;
  list<K extends Kind>(kind: K, selector: WatchSelector): Promise<ObjectOf[K][]>;
  /** Returns undefined when an object of that name exists already; the caller looks whose it is. */
  create<K extends Kind>(kind: K, object: ObjectOf[K]): Promise<ObjectOf[K] | undefined>;
  /** JSON merge patch; null removes a key. Undefined when the object does not exist. */
  patch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    patch: object,
    options?: { readonly subresource?: 'status' },
  ): Promise<ObjectOf[K] | undefined>;
  /** JSON patch (RFC 6902); a failed `test` returns undefined, as does a missing object. */
  jsonPatch<K extends Kind>(
    kind: K,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
  ): Promise<ObjectOf[K] | undefined>;
  /**
   * Server-side apply of a status under one field manager: what this manager wrote before and leaves out now goes, what
   * only others wrote stays, and a field that two write becomes this manager's. Lists count as one field. Undefined when
   * the object does not exist, or its CRD is not installed.
   */
  applyStatus<K extends StatusKind>(
    kind: K,
    ref: ObjectRef,
    status: object,
    fieldManager: string,
  ): Promise<ObjectOf[K] | undefined>;
  /** Deletion; a Job goes after its pods (foreground). False when it does not exist (or has another uid). */
  delete(
    kind: Kind,
    ref: ObjectRef,
    options?: { readonly uid?: string; readonly gracePeriodSeconds?: number },
  ): Promise<boolean>;
  /**
   * The objects that exist now, then every change, until `signal` aborts or the caller leaves the loop. Survives dropped
   * and half-open connections and 410 Gone by listing again; deletions that happened meanwhile are reported.
   * A selector with a name whose object does not exist reports `Gone` first, with nothing but its name: who waits for an
   * end that came before the watch never waits in vain. Aborting ends the loop without an error. `onComplete` is called
   * when all objects that exist have been reported, and again after each time they had to be listed anew. A declared kind
   * that the server does not know is waited for: nothing is reported until its CRD is there.
   */
  watch<K extends Kind>(
    kind: K,
    selector: WatchSelector,
    signal: AbortSignal,
    onComplete?: () => void,
  ): AsyncIterable<WatchEvent<ObjectOf[K]>>;
  /** The lines of a container's log from its beginning, live; ends with the container. Waits until the container has started. */
  followLog(pod: ObjectRef, container: string, signal: AbortSignal): AsyncIterable<string>;
  /** GET http://<pod>:<port><path> through the API server is not used: movers are scraped directly. Text of the page, undefined when it can't be had. */
  scrape(podAddress: string, port: number, path: string, signal: AbortSignal): Promise<string | undefined>;
  /** API requests made so far by this process, by verb and kind (`create Job`). */
  requestCounts(): Readonly<Record<string, number>>;
}

export interface JsonPatchOperation {
  readonly op: 'test' | 'replace' | 'add' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}
