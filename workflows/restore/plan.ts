import { z } from 'zod';
import { formatIdentity } from '../../api/identity.ts';
import { AccessMode, accessModes, quantity } from '../../api/kubernetes-values.ts';
import { SnapshotTag } from '../../api/metadata.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import { FailureType } from '../failures.ts';
import type { SnapshotSummary } from '../repository/contract.ts';
import { failRun } from '../run-failure.ts';
import type { RestorePlan, RestorePreflight, VolumePlan, WaitingClaim } from './contract.ts';

/** What the claim's modes were where neither the request nor the snapshot says it: VolSync's typical default. */
const FALLBACK_ACCESS_MODES = [AccessMode.ReadWriteOnce];

/**
 * Decides the claim that will be made. A claim that waits decides itself, because nothing else is ever bound to it; otherwise
 * what the request says, else what the backup recorded with the snapshot. Throws InvalidInput when neither knows the size (a
 * snapshot that VolSync made carries no tags).
 */
export function planRestore(request: ResolvedRestore, found: RestorePreflight, snapshot: SnapshotSummary): RestorePlan {
  if (found.waiting) return { snapshot, ...found.waiting, ...surroundings(found) };
  const capacity = request.capacity ?? quantity.safeParse(snapshot.tags[SnapshotTag.capacity]).data;
  if (!capacity) {
    throw failRun(
      FailureType.InvalidInput,
      `capacity: snapshot ${snapshot.id} of ${formatIdentity(request.identity)} does not say how large the claim was; give it (it holds ${snapshot.bytes} bytes)`,
    );
  }
  const storageClassName = request.storageClassName ?? snapshot.tags[SnapshotTag.storageClass];
  return {
    snapshot,
    capacity,
    ...(storageClassName ? { storageClassName } : {}),
    accessModes: request.accessModes ?? recordedModes(snapshot) ?? FALLBACK_ACCESS_MODES,
    ...surroundings(found),
  };
}

/** The empty volume that a waiting claim of a first deployment gets: what the claim says. */
export const planEmptyVolume = (found: RestorePreflight, waiting: WaitingClaim): VolumePlan => ({
  ...waiting,
  ...surroundings(found),
});

/** What preflight found around the volume, the same for every plan. */
const surroundings = ({ privileged, repositoryUniqueId, repository }: RestorePreflight) => ({
  privileged,
  repositoryUniqueId,
  repository,
});

/** The size of the empty claim of a first deployment. Throws InvalidInput when the request does not say it. */
export function emptyClaimCapacity(request: ResolvedRestore): string {
  if (request.capacity) return request.capacity;
  throw failRun(
    FailureType.InvalidInput,
    'capacity: an empty claim for a first deployment needs its size, for example 10Gi',
  );
}

function recordedModes(snapshot: SnapshotSummary): readonly AccessMode[] | undefined {
  const text = snapshot.tags[SnapshotTag.accessModes];
  return text === undefined ? undefined : z.safeParse(accessModes, text.split(',')).data;
}
