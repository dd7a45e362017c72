import type { Controller } from './controller-runner.ts';
import type { InMemoryCluster } from './in-memory-cluster.ts';
import type { StoredObject } from './object-store.ts';

interface ClaimSpec {
  readonly volumeName?: string;
  readonly storageClassName?: string;
  readonly accessModes?: string[];
  readonly resources?: { readonly requests?: { readonly storage?: string } };
}

interface VolumeSpec {
  readonly persistentVolumeReclaimPolicy?: string;
  readonly claimRef?: { readonly namespace: string; readonly name: string; readonly uid?: string };
}

/**
 * Provisions and binds claims, releases or deletes volumes of claims that are gone: the volume controller and a CSI
 * driver in small. `refuse` names claims that stay Pending.
 */
export function claimBinder(options: { readonly refuse?: (claim: StoredObject) => boolean } = {}): Controller {
  return (_change, cluster) => {
    release(cluster);
    for (const claim of cluster.store.list('PersistentVolumeClaim')) {
      const { phase } = claim.status as { phase: string };
      if (phase === 'Pending' && !options.refuse?.(claim)) bind(cluster, claim);
    }
  };
}

function bind(cluster: InMemoryCluster, claim: StoredObject): void {
  const { name, namespace = '', uid } = claim.metadata;
  const spec = claim.spec as ClaimSpec;
  const capacity = { storage: spec.resources?.requests?.storage ?? '1Gi' };
  const volumeName = spec.volumeName || `pvc-${uid}`;
  const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid };
  if (spec.volumeName) {
    const reserved = (cluster.store.get('PersistentVolume', { name: volumeName })?.spec as VolumeSpec | undefined)
      ?.claimRef;
    const ours = reserved?.namespace === namespace && reserved.name === name && (!reserved.uid || reserved.uid === uid);
    if (!ours) return;
    cluster.update('PersistentVolume', { name: volumeName }, { spec: { claimRef }, status: { phase: 'Bound' } });
  } else {
    cluster.store.insert('PersistentVolume', {
      apiVersion: 'v1',
      metadata: { name: volumeName },
      spec: {
        ...{ capacity, claimRef, persistentVolumeReclaimPolicy: 'Delete' },
        ...{ accessModes: spec.accessModes, storageClassName: spec.storageClassName },
      },
      status: { phase: 'Bound' },
    });
  }
  const status = { phase: 'Bound', capacity, accessModes: spec.accessModes };
  cluster.update('PersistentVolumeClaim', { namespace, name }, { spec: { volumeName }, status });
}

/** A volume whose claim does not exist (any more) goes as its policy says. */
function release(cluster: InMemoryCluster): void {
  const claims = new Set(cluster.store.list('PersistentVolumeClaim').map(({ metadata }) => metadata.uid));
  for (const volume of cluster.store.list('PersistentVolume')) {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec as VolumeSpec;
    if (!claimRef?.uid || claims.has(claimRef.uid)) continue;
    if (persistentVolumeReclaimPolicy === 'Delete') cluster.store.remove(volume);
    else cluster.update('PersistentVolume', volume.metadata, { status: { phase: 'Released' } });
  }
}
