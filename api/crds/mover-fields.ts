/** Fields that `spec.kopia` has in both kinds: the cache, the mover's pod, and what Stowage does not act on. */
import { z } from 'zod';
import {
  count,
  flag,
  id,
  ids,
  isSet,
  list,
  notHonoured,
  opaque,
  open,
  size,
  sizeMap,
  text,
  textMap,
} from './values.ts';

/** Movers of other kinds: their fields survive untouched. */
export const otherMoverFields = {
  rsync: opaque('Another mover, not touched by Stowage.'),
  rsyncTLS: opaque('Another mover, not touched by Stowage.'),
  rclone: opaque('Another mover, not touched by Stowage.'),
  restic: opaque('Another mover, not touched by Stowage.'),
  external: opaque('Another mover, not touched by Stowage.'),
};

const seccompProfile = open('As in a PodSecurityContext.', {
  type: text('RuntimeDefault, Localhost or Unconfined.'),
  localhostProfile: text('A profile of the node, with Localhost.'),
}).optional();

const moverSecurityContext = open(
  'Users and groups of the mover: those of the application, so that it can read and write its files.',
  {
    runAsUser: id('User id of the mover.'),
    runAsGroup: id('Group id of the mover.'),
    fsGroup: id('Group of the volumes.'),
    runAsNonRoot: flag('Refuses to run as root.'),
    supplementalGroups: ids('More groups of the mover.'),
    fsGroupChangePolicy: text('Always or OnRootMismatch.'),
    seccompProfile,
  },
).optional();

const claimSource = open('A claim of the same namespace.', {
  claimName: text('Name of the claim.'),
  readOnly: flag('Mounts it read-only.'),
});

const secretItem = open('One key of the Secret.', {
  key: text('The key.'),
  path: text('Its file, relative to the mount.'),
  mode: count('Mode of the file.'),
});

const secretSource = open('A Secret of the same namespace.', {
  secretName: text('Name of the Secret.'),
  items: z.array(secretItem).meta({ description: 'Which keys become files; all where left out.' }).optional(),
  defaultMode: count('Mode of the files.'),
  optional: flag('Starts without the Secret too.'),
});

const nfsSource = open('A folder of an NFS server.', {
  server: text('Name or address of the server.'),
  path: text('Absolute path that the server exports.'),
  readOnly: flag('Mounts it read-only.'),
});

const moverVolume = open('A volume of the mover. One source must be set.', {
  mountPath: text('Name of the folder below /mnt, without a slash.'),
  volumeSource: open('Where the volume comes from.', {
    persistentVolumeClaim: claimSource.optional(),
    secret: secretSource.optional(),
    nfs: nfsSource.optional(),
  }).optional(),
});

const moverVolumes = z
  .array(moverVolume)
  .meta({
    description:
      'The first claim is the repository, its root; without a claim an NFS folder that is mounted as `repository`, or is the only one. All others are mounted at /mnt/<mountPath>.',
  })
  .optional();

const moverResources = open('Requests and limits of the mover.', {
  requests: sizeMap('What the scheduler reserves.'),
  limits: sizeMap('What the mover may use at most.'),
}).optional();

const customCA = open('', { secretName: text('.'), configMapName: text('.'), key: text('.') });

const policyConfig = open(
  '',
  {
    secretName: text('Secret with the files.'),
    configMapName: text('ConfigMap with the files.'),
    globalPolicyFilename: text('File of the global policy.'),
    repositoryConfigFilename: text('File of the repository configuration.'),
    repositoryConfig: text('The repository configuration itself, JSON.'),
  },
  [
    {
      rule: `!(${isSet('secretName', 'configMapName')})`,
      message: 'policyConfig: set secretName or configMapName, not both',
    },
  ],
);

export const moverFields = {
  cacheCapacity: size("Size of Kopia's cache volume. Default: 1Gi."),
  cacheStorageClassName: text(
    "Storage class of the cache volume. Default: the cluster's; a restore without it keeps its cache on the node.",
  ),
  cacheAccessModes: list('Access modes of the cache volume.', 1),
  metadataCacheSizeLimitMB: count("Limit of Kopia's cache of metadata, MB. Default: 70 % of cacheCapacity."),
  contentCacheSizeLimitMB: count("Limit of Kopia's cache of contents, MB. Default: 20 % of cacheCapacity."),
  moverSecurityContext,
  moverServiceAccount: text("Service account of the mover; its token is not mounted. Default: the namespace's own."),
  moverPodLabels: textMap("More labels of the mover's pod; those that Stowage sets win."),
  moverResources,
  moverAffinity: opaque('Affinity of the mover, as in a pod.'),
  moverVolumes,
  repositoryPVC: text(
    'The claim that holds the repository in its folder `repository`; an older form, moverVolumes wins.',
  ),
  customCA: notHonoured(
    customCA,
    "is not used: the certificate of an object store must be trusted by the mover's image",
  ).optional(),
  policyConfig: notHonoured(
    policyConfig,
    'is not read: a file of one application would change the policy of all in a shared repository',
  ).optional(),
  additionalArgs: notHonoured(
    z.array(z.string()).max(20, 'must have at most 20 entries'),
    'is not passed on: Kopia gets exactly the arguments that Stowage knows',
  ).optional(),
};
