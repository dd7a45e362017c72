/** What the readers of the declared kinds share about single fields. */

/** A field that is read and deliberately not acted on; shown to people, never dropped in silence. */
export interface UnsupportedField {
  readonly field: string;
  readonly message: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a schema, before anything was validated: a name that the schema lacks does not compile. */
export type Unvalidated<Shape> = { readonly [Name in keyof Shape]?: unknown };

/** The value as fields; empty when it is something else. */
export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Without fields that are absent, null or empty text. */
export const present = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );

/** A value as text that never throws: a manifest may hold an object where a name belongs, even one with a `toString`. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '?'));

/** YAML reads `capacity: 1073741824` as a number; Kubernetes takes both. */
const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** People quote ids: `runAsUser: "568"`. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;

const mapped = (value: unknown, change: (entry: unknown) => unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, change(entry)]))
    : value;

interface MoverFields {
  readonly capacity?: unknown;
  readonly repository?: unknown;
  readonly storageClassName?: unknown;
  readonly accessModes?: unknown;
  readonly volumeSnapshotClassName?: unknown;
  readonly cacheCapacity?: unknown;
  readonly cacheStorageClassName?: unknown;
  readonly cacheAccessModes?: unknown;
  readonly metadataCacheSizeLimitMB?: unknown;
  readonly contentCacheSizeLimitMB?: unknown;
  readonly moverSecurityContext?: unknown;
  readonly moverServiceAccount?: unknown;
  readonly moverPodLabels?: unknown;
  readonly moverResources?: unknown;
  readonly moverAffinity?: unknown;
}

/** Requests and limits of a container; people write `cpu: 1`. */
export const asAmounts = (resources: unknown): unknown => mapped(resources, (amounts) => mapped(amounts, asText));

/** The fields of a request that both kinds declare in the same way, not validated yet. */
export const sharedRequestFields = (kopia: MoverFields): Fields => ({
  capacity: asText(kopia.capacity),
  storageClassName: kopia.storageClassName,
  accessModes: kopia.accessModes,
  volumeSnapshotClassName: kopia.volumeSnapshotClassName,
  secretName: kopia.repository,
  cache: present({
    capacity: asText(kopia.cacheCapacity),
    storageClassName: kopia.cacheStorageClassName,
    accessModes: kopia.cacheAccessModes,
    metadataLimitMb: kopia.metadataCacheSizeLimitMB,
    contentLimitMb: kopia.contentCacheSizeLimitMB,
  }),
  moverSecurityContext: mapped(kopia.moverSecurityContext, (entry) =>
    Array.isArray(entry) ? entry.map(asNumber) : asNumber(entry),
  ),
  moverServiceAccount: kopia.moverServiceAccount,
  moverPodLabels: kopia.moverPodLabels,
  moverResources: asAmounts(kopia.moverResources),
  moverAffinity: kopia.moverAffinity,
});

/** Request path → manifest path, for those fields. */
export const SHARED_PATHS: Readonly<Record<string, string>> = {
  namespace: 'metadata.namespace',
  secretName: 'spec.kopia.repository',
  'identity.username': 'spec.kopia.username',
  'identity.hostname': 'spec.kopia.hostname',
  'cache.capacity': 'spec.kopia.cacheCapacity',
  'cache.storageClassName': 'spec.kopia.cacheStorageClassName',
  'cache.accessModes': 'spec.kopia.cacheAccessModes',
  'cache.metadataLimitMb': 'spec.kopia.metadataCacheSizeLimitMB',
  'cache.contentLimitMb': 'spec.kopia.contentCacheSizeLimitMB',
};

/** The manifest's path of a request field: `renamed`, or `base` with the request's own path. */
export function manifestPath(
  requestPath: string,
  renamed: Readonly<Record<string, string>>,
  base = 'spec.kopia',
): string {
  const known = Object.entries(renamed).find(
    ([from]) => requestPath === from || requestPath.startsWith(`${from}[`) || requestPath.startsWith(`${from}.`),
  );
  return known ? known[1] + requestPath.slice(known[0].length) : `${base}.${requestPath}`;
}
