import type { Controller } from './controller-runner.ts';

/** Makes each VolumeSnapshot ready, or gives it the error that `failWith` names for it. */
export function snapshotController(
  options: { readonly failWith?: (name: string) => string | undefined } = {},
): Controller {
  return ({ type, object }, cluster) => {
    if (type === 'Gone' || object.kind !== 'VolumeSnapshot' || object.status !== undefined) return;
    const { name, uid } = object.metadata;
    const message = options.failWith?.(name);
    const source = (object.spec as { source: { persistentVolumeClaimName?: string } }).source;
    const claimName = source.persistentVolumeClaimName ?? '';
    const claim = cluster.store.get('PersistentVolumeClaim', { ...object.metadata, name: claimName });
    const missing = claim ? undefined : `the claim ${claimName} does not exist`;
    const size = (claim?.status as { capacity?: { storage?: string } } | undefined)?.capacity?.storage;
    const error = message ?? missing;
    cluster.update('VolumeSnapshot', object.metadata, {
      status: error
        ? { readyToUse: false, error: { message: error } }
        : { readyToUse: true, restoreSize: size ?? '1Gi', boundVolumeSnapshotContentName: `snapcontent-${uid}` },
    });
  };
}
