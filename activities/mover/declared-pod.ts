import type { V1Affinity, V1NodeSelectorTerm, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { ResolvedBackup } from '../../api/backup-request.ts';
import { AccessMode, quantityBytes } from '../../api/kubernetes-values.ts';
import { CREATED_BY, Label, MANAGED_BY } from '../../api/metadata.ts';
import type { MoverVolume } from '../../api/mover-request.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { CacheSize } from '../kopia/config.ts';

/** VolSync's place and names of volumes that people declare for a mover. */
const DECLARED_MOUNT = '/mnt';
const VOLUME_PREFIX = 'u-';

/** Kopia's MB. */
const MEGABYTE = 2 ** 20;

/** What people declare of a mover's pod, of a backup and of a restore alike. */
export type DeclaredPod = Pick<
  ResolvedBackup,
  'moverServiceAccount' | 'moverPodLabels' | 'moverResources' | 'moverAffinity'
>;

type Declared = Pick<ResolvedBackup, 'moverVolumes' | 'cache'>;

/** The claims that a mover mounts because people declare them; what the events of a pod that does not start are about. */
export const declaredClaims = (place: RepositoryPlace, { moverVolumes }: Pick<Declared, 'moverVolumes'>): string[] => [
  ...(place.kind === 'Volume' && place.claim !== undefined ? [place.claim] : []),
  ...moverVolumes.flatMap(({ volumeSource }) => volumeSource.persistentVolumeClaim?.claimName ?? []),
];

/** Volumes beside the repository, and where they are mounted. */
export function buildDeclaredVolumes(declared: readonly MoverVolume[]): {
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
} {
  const name = ({ mountPath }: MoverVolume): string => `${VOLUME_PREFIX}${mountPath}`;
  return {
    volumes: declared.map((volume) => ({ name: name(volume), ...(volume.volumeSource as Omit<V1Volume, 'name'>) })),
    mounts: declared.map((volume) => ({ name: name(volume), mountPath: `${DECLARED_MOUNT}/${volume.mountPath}` })),
  };
}

export const cacheSize = ({ capacity, contentLimitMb, metadataLimitMb }: Declared['cache']): CacheSize => ({
  bytes: quantityBytes(capacity),
  ...(contentLimitMb === undefined ? {} : { contentBytes: contentLimitMb * MEGABYTE }),
  ...(metadataLimitMb === undefined ? {} : { metadataBytes: metadataLimitMb * MEGABYTE }),
});

/**
 * The cache of a mover that only reads the repository: it goes with the pod. Where a class or modes are declared it is a
 * claim that the pod owns, so that it takes no room on the node.
 */
export const buildReaderCache = ({ capacity, storageClassName, accessModes }: Declared['cache']): V1Volume =>
  storageClassName === undefined && accessModes === undefined
    ? { name: 'cache', emptyDir: {} }
    : {
        name: 'cache',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { [Label.createdBy]: CREATED_BY, [Label.managedBy]: MANAGED_BY } },
            spec: {
              accessModes: accessModes ?? [AccessMode.ReadWriteOnce],
              resources: { requests: { storage: capacity } },
              ...(storageClassName === undefined ? {} : { storageClassName }),
            },
          },
        },
      };

/**
 * The declared affinity, and the one node that the pod may run on, by the node's own name: its hostname label may say
 * something else. Terms of a node selector are alternatives, so each of them gets the node.
 */
export function buildAffinity(
  declared: DeclaredPod['moverAffinity'],
  nodeName: string | undefined,
): V1Affinity | undefined {
  const affinity = declared as V1Affinity | undefined;
  if (nodeName === undefined) return affinity;
  const onNode = { key: 'metadata.name', operator: 'In', values: [nodeName] };
  const wanted = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = wanted.map(
    (term: V1NodeSelectorTerm): V1NodeSelectorTerm => ({ ...term, matchFields: [...(term.matchFields ?? []), onNode] }),
  );
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}
