/** Which fields of `spec.kopia` of a ReplicationSource become which fields of a BackupRequest (compatibility.md 1.3). */

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
const RENAMED: Readonly<Record<string, string>> = {
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
const UNSUPPORTED: Readonly<Record<string, string>> = {
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

/** Read, but not by copying. */
const HANDLED = new Set<string>([
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

/** Fields of a PodSecurityContext that movers don't take over. */
const SECURITY_CONTEXT_FIELDS = new Set([
  'runAsUser',
  'runAsGroup',
  'fsGroup',
  'runAsNonRoot',
  'supplementalGroups',
  'fsGroupChangePolicy',
  'seccompProfile',
]);

const RETAIN_TIERS = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** A field that is read and deliberately not acted on; shown to people, never dropped in silence. */
export interface UnsupportedField {
  readonly field: string;
  readonly message: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The manifest's path of a request field, for messages. */
export function manifestPath(requestPath: string, repositoryClaimPath: string): string {
  if (requestPath === 'repositoryClaim') return repositoryClaimPath;
  const known = Object.entries(RENAMED).find(([from]) => requestPath === from || requestPath.startsWith(`${from}[`));
  return known ? known[1] + requestPath.slice(known[0].length) : `spec.kopia.${requestPath}`;
}

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

/** Every field of `spec.kopia` that has no effect, by its path. */
export function unsupportedFields(kopia: Fields): UnsupportedField[] {
  const found = Object.keys(present(kopia))
    .filter((name) => !HANDLED.has(name))
    .map((name) => ({
      field: `spec.kopia.${name}`,
      message: UNSUPPORTED[name] ?? "is not a field of VolSync's Kopia mover and has no effect",
    }));
  const context = Object.keys(asFields(kopia.moverSecurityContext))
    .filter((name) => !SECURITY_CONTEXT_FIELDS.has(name))
    .map((name) => ({ field: `spec.kopia.moverSecurityContext.${name}`, message: 'is not set on the mover' }));
  return [...found, ...context];
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

function keptSecurityContext(context: unknown): unknown {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return context ?? undefined;
  return Object.fromEntries(
    Object.entries(present(context as Fields)).filter(([name]) => SECURITY_CONTEXT_FIELDS.has(name)),
  );
}

/** YAML reads `capacity: 1073741824` as a number; Kubernetes takes both. */
const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** The value as fields; empty when it is something else. */
export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Without fields that are absent, null or empty text. */
export const present = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );
