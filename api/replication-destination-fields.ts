/** Which fields of `spec.kopia` of a ReplicationDestination become which fields of a RestoreRequest (compatibility.md 1.4). */
import {
  asFields,
  asText,
  type Fields,
  keptSecurityContext,
  present,
  type UnsupportedField,
} from './declared-fields.ts';

/** Copied under the same name. */
const SAME_NAME = ['storageClassName', 'accessModes', 'volumeSnapshotClassName'] as const;

/** Request path → manifest path. What is not named here lies under `spec.kopia` with the request's own path. */
export const DESTINATION_PATHS: Readonly<Record<string, string>> = {
  namespace: 'metadata.namespace',
  destination: 'metadata.name',
  claim: 'spec.kopia.destinationPVC',
  secretName: 'spec.kopia.repository',
  'identity.username': 'spec.kopia.username',
  'identity.hostname': 'spec.kopia.hostname',
  'identity.path': 'spec.kopia.sourceIdentity.sourcePathOverride',
  'snapshot.asOf': 'spec.kopia.restoreAsOf',
  'snapshot.previous': 'spec.kopia.previous',
  'cache.capacity': 'spec.kopia.cacheCapacity',
  'cache.storageClassName': 'spec.kopia.cacheStorageClassName',
  'cache.accessModes': 'spec.kopia.cacheAccessModes',
};

/** Fields that Stowage does not act on, each with what happens instead. */
export const DESTINATION_UNSUPPORTED: Readonly<Record<string, string>> = {
  shallow:
    'is not used (nor is it in VolSync): the whole snapshot is restored; choose another one with previous or restoreAsOf',
  customCA: 'is not used: the repository is a mounted volume',
  metadataCacheSizeLimitMB: 'is not used: the limit follows from cacheCapacity',
  contentCacheSizeLimitMB: 'is not used: the limit follows from cacheCapacity',
  policyConfig: 'is not read: a file of one application would change the policy of all in a shared repository',
  additionalArgs: 'is not passed on: Kopia gets exactly the arguments that Stowage knows',
  moverServiceAccount: "is not used: movers run under the namespace's default service account without a token",
  moverPodLabels: 'is not set on the mover',
  moverResources: 'is not set on the mover',
  moverAffinity: 'is not set on the mover',
};

/**
 * Read, but not all by copying. The clean-up fields and `enableFileDeletion` are honoured by how every restore works:
 * into a fresh volume, with nothing of the run left afterwards.
 */
export const DESTINATION_HANDLED: ReadonlySet<string> = new Set([
  ...SAME_NAME,
  'copyMethod',
  'capacity',
  'destinationPVC',
  'cleanupTempPVC',
  'cleanupCachePVC',
  'enableFileDeletion',
  'repository',
  'restoreAsOf',
  'previous',
  'sourceIdentity',
  'username',
  'hostname',
  'cacheCapacity',
  'cacheStorageClassName',
  'cacheAccessModes',
  'moverSecurityContext',
  'moverVolumes',
  'repositoryPVC',
]);

/** The request's fields as they stand in `spec.kopia`, not validated yet. Empty strings count as left out, as in VolSync. */
export function restoreFields(kopia: Fields): Record<string, unknown> {
  return present({
    ...Object.fromEntries(SAME_NAME.map((name) => [name, kopia[name]])),
    capacity: asText(kopia.capacity),
    secretName: kopia.repository,
    moverSecurityContext: keptSecurityContext(kopia.moverSecurityContext),
    snapshot: present({ asOf: kopia.restoreAsOf, previous: kopia.previous }),
    cache: present({
      capacity: asText(kopia.cacheCapacity),
      storageClassName: kopia.cacheStorageClassName,
      accessModes: kopia.cacheAccessModes,
    }),
  });
}

/** Parts of a destination outside the plain fields of `spec.kopia` that have no effect. */
export function unsupportedOfDestination(spec: Fields): UnsupportedField[] {
  const trigger = present(asFields(spec.trigger));
  const identity = present(asFields(asFields(spec.kopia).sourceIdentity));
  const whatHappens = 'its claim is restored whenever it is missing, and once for each new trigger.manual';
  return [
    ...(trigger.schedule === undefined
      ? []
      : [{ field: 'spec.trigger.schedule', message: `is not used on a destination: ${whatHappens}` }]),
    ...(Object.keys(trigger).length === 0
      ? [
          {
            field: 'spec.trigger',
            message: `is absent, which in VolSync means one restore right after the other: ${whatHappens}`,
          },
        ]
      : []),
    ...(identity.sourcePVCName === undefined
      ? []
      : [
          {
            field: 'spec.kopia.sourceIdentity.sourcePVCName',
            message: 'is not used (nor is it in VolSync): the identity follows from sourceName',
          },
        ]),
  ];
}
