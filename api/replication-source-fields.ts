/** Which fields of `spec.kopia` of a ReplicationSource become which fields of a BackupRequest (compatibility.md 1.3). */
import { asText, type Fields, keptSecurityContext, present } from './declared-fields.ts';

/** Copied under the same name. */
const SAME_NAME = [
  'copyMethod',
  'capacity',
  'storageClassName',
  'accessModes',
  'volumeSnapshotClassName',
  'retain',
  'compression',
  'parallelism',
  'moverSecurityContext',
] as const;

/** Request path → manifest path. What is not named here lies under `spec.kopia` with the request's own path. */
export const SOURCE_PATHS: Readonly<Record<string, string>> = {
  namespace: 'metadata.namespace',
  source: 'metadata.name',
  claim: 'spec.sourcePVC',
  secretName: 'spec.kopia.repository',
  'identity.username': 'spec.kopia.username',
  'identity.hostname': 'spec.kopia.hostname',
  'identity.path': 'spec.kopia.sourcePathOverride',
  'cache.capacity': 'spec.kopia.cacheCapacity',
  'cache.storageClassName': 'spec.kopia.cacheStorageClassName',
  'cache.accessModes': 'spec.kopia.cacheAccessModes',
};

/** Fields that Stowage does not act on, each with what happens instead. */
export const SOURCE_UNSUPPORTED: Readonly<Record<string, string>> = {
  customCA: 'is not used: the repository is a mounted volume',
  metadataCacheSizeLimitMB: 'is not used: the limit follows from cacheCapacity',
  contentCacheSizeLimitMB: 'is not used: the limit follows from cacheCapacity',
  actions: 'is not run: movers have no shell; quiesce the application by other means',
  policyConfig: 'is not read: a file of one application would change the policy of all in a shared repository',
  additionalArgs: 'is not passed on: Kopia gets exactly the arguments that Stowage knows',
  moverServiceAccount: "is not used: movers run under the namespace's default service account without a token",
  moverPodLabels: 'is not set on the mover',
  moverResources: 'is not set on the mover',
  moverAffinity: 'is not set on the mover',
  maintenanceIntervalDays: 'was removed from VolSync: maintenance is per repository',
  maintenanceCronJob: 'was removed from VolSync: maintenance is per repository',
};

/** Read, but not all by copying. */
export const SOURCE_HANDLED: ReadonlySet<string> = new Set([
  ...SAME_NAME,
  'repository',
  'username',
  'hostname',
  'sourcePathOverride',
  'cacheCapacity',
  'cacheStorageClassName',
  'cacheAccessModes',
  'moverVolumes',
  'repositoryPVC',
]);

const RETAIN_TIERS = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** The request's fields as they stand in `spec.kopia`, not validated yet. Empty strings count as left out, as in VolSync. */
export function requestFields(kopia: Fields): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    ...Object.fromEntries(SAME_NAME.map((name) => [name, kopia[name]])),
    copyMethod: kopia.copyMethod === 'None' ? 'Direct' : kopia.copyMethod,
    capacity: asText(kopia.capacity),
    secretName: kopia.repository,
    retain: retention(kopia.retain),
    moverSecurityContext: keptSecurityContext(kopia.moverSecurityContext),
    identity: present({
      username: kopia.username,
      hostname: kopia.hostname,
      path: kopia.sourcePathOverride,
    }),
    cache: present({
      capacity: asText(kopia.cacheCapacity),
      storageClassName: kopia.cacheStorageClassName,
      accessModes: kopia.cacheAccessModes,
    }),
  };
  return present(fields);
}

/**
 * Tiers that a declared `retain` leaves out keep nothing. (In VolSync they fall back to Kopia's own defaults, about
 * three years of monthly and annual snapshots; what that removes is held for approval by the run itself.)
 */
function retention(retain: unknown): unknown {
  if (typeof retain !== 'object' || retain === null || Array.isArray(retain)) return retain ?? undefined;
  const declared = present(retain as Fields);
  if (Object.keys(declared).length === 0) return undefined;
  return { ...Object.fromEntries(RETAIN_TIERS.map((tier) => [tier, 0])), ...declared };
}
