/** A Kubernetes object as it is applied. */
export type StorageManifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
};

/** Names of the classes that every platform has. */
export const storageNames = {
  /** Bound at once, one writer's node: applications, clones, staging claims. Default class. */
  storageClass: 'stowage',
  /** Bound when its first pod is scheduled: caches. */
  cacheStorageClass: 'stowage-wait',
  /** One folder for all its claims in all namespaces: the repository. */
  sharedStorageClass: 'stowage-shared',
  /** Exactly the requested size, then ENOSPC. */
  limitedStorageClass: 'stowage-limited',
  snapshotClass: 'stowage',
} as const;

/** What distinguishes a StorageClass; see `parameters.ts` for what each means to the driver. */
export type StorageClassOptions = {
  readonly name: string;
  readonly driverName: string;
  readonly binding?: 'Immediate' | 'WaitForFirstConsumer';
  readonly isDefault?: boolean;
  readonly limited?: boolean;
  readonly shared?: string;
  /** Octal text, for example `0770`. */
  readonly rootMode?: string;
  readonly rootGroup?: number;
};

/** One StorageClass; tests make their own with it, for example a full repository: `{limited: true, shared: 'full'}`. Pure. */
export function buildStorageClass(options: StorageClassOptions): StorageManifest {
  const parameters: Record<string, string> = {
    ...(options.limited && { medium: 'limited' }),
    ...(options.shared !== undefined && { shared: options.shared }),
    ...(options.rootMode !== undefined && { rootMode: options.rootMode }),
    ...(options.rootGroup !== undefined && { rootGroup: String(options.rootGroup) }),
  };
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: options.name,
      ...(options.isDefault && { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
    },
    provisioner: options.driverName,
    reclaimPolicy: 'Delete',
    volumeBindingMode: options.binding ?? 'Immediate',
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

/**
 * The driver's object. fsGroupPolicy None: the kubelet never changes owner or mode of anything in a volume. With `File` it rewrites the whole
 * tree of every volume that a pod with fsGroup mounts writable: a restore's second attempt would so alter what the first one restored, and an
 * application that sets fsGroup what was restored for it. Fresh volumes are writable for every mover all the same, by the class's rootMode;
 * the pod still runs with the group, so it reads and writes what belongs to it. Pure.
 */
export function buildCsiDriver(driverName: string): StorageManifest {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: driverName },
    spec: { attachRequired: false, podInfoOnMount: false, fsGroupPolicy: 'None', volumeLifecycleModes: ['Persistent'] },
  };
}

/** The VolumeSnapshotClass: default, and a VolumeSnapshot's content goes with it. Pure. */
export function buildVolumeSnapshotClass(name: string, driverName: string): StorageManifest {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name, annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' } },
    driver: driverName,
    deletionPolicy: 'Delete',
  };
}

/** Every storage object of a platform; the snapshot CRDs have to be there before. Pure. */
export function buildStorageManifests(driverName: string): StorageManifest[] {
  const { storageClass, cacheStorageClass, sharedStorageClass, limitedStorageClass, snapshotClass } = storageNames;
  return [
    buildCsiDriver(driverName),
    buildStorageClass({ name: storageClass, driverName, isDefault: true }),
    buildStorageClass({ name: cacheStorageClass, driverName, binding: 'WaitForFirstConsumer' }),
    // Setgid with the movers' usual group: without the kubelet's fsGroup handling, this is what lets movers of different users share a repository.
    buildStorageClass({
      name: sharedStorageClass,
      driverName,
      shared: 'repository',
      rootMode: '2777',
      rootGroup: 1000,
    }),
    buildStorageClass({ name: limitedStorageClass, driverName, limited: true }),
    buildVolumeSnapshotClass(snapshotClass, driverName),
  ];
}
