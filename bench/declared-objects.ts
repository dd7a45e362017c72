import { CustomObjectsApi } from '@kubernetes/client-node';
import type { KubernetesObject } from '../platform/worker/objects.ts';
import { inParallel } from '../schedules/in-parallel.ts';
import { watchCollection } from './sightings.ts';
import { SECRET, type Stage } from './stage.ts';

const GROUP = { group: 'volsync.backube', version: 'v1alpha1' };
const MANUAL = 'restore-once';

/** An application as the reference's component declares it. */
export interface DeclaredApp {
  readonly namespace: string;
  readonly claim: string;
  readonly source: string;
  readonly claimObject: KubernetesObject;
  readonly objects: readonly { readonly plural: string; readonly body: KubernetesObject }[];
}

export const declaredApps = ({ namespace, platform }: Stage, count: number): DeclaredApp[] =>
  Array.from({ length: count }, (_, index) => {
    const [claim, source, destination] = ['config', 'src', 'dst'].map((end) => `declared${index}-${end}`) as [
      string,
      string,
      string,
    ];
    const spec = { accessModes: ['ReadWriteOnce'], storageClassName: platform.storageClass };
    const kopia = { repository: SECRET, copyMethod: 'Direct' };
    const declared = (kind: string, name: string, rest: object): KubernetesObject => ({
      apiVersion: `${GROUP.group}/${GROUP.version}`,
      kind,
      metadata: { namespace, name },
      spec: rest,
    });
    return {
      ...{ namespace, claim, source },
      claimObject: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { namespace, name: claim },
        spec: { ...spec, resources: { requests: { storage: '1Mi' } } },
      },
      objects: [
        {
          plural: 'replicationsources',
          body: declared('ReplicationSource', source, {
            sourcePVC: claim,
            trigger: { schedule: '0 * * * *' },
            kopia: { ...kopia, retain: { hourly: 24, daily: 7 } },
          }),
        },
        {
          plural: 'replicationdestinations',
          body: declared('ReplicationDestination', destination, {
            trigger: { manual: MANUAL },
            kopia: { ...kopia, ...spec, destinationPVC: claim, capacity: '1Mi' },
          }),
        },
      ],
    };
  });

/** Makes all of them, some at the same time as a GitOps tool does. Returns when the last was made, milliseconds since 1970. */
export async function declareAll({ kube, namespace }: Stage, apps: readonly DeclaredApp[]): Promise<number> {
  const api = kube.makeApiClient(CustomObjectsApi);
  const objects = apps.flatMap((app) => app.objects);
  await inParallel(objects, 32, ({ plural, body }) =>
    api.createNamespacedCustomObject({ ...GROUP, namespace, plural, body }),
  );
  return Date.now();
}

type Destination = KubernetesObject & { readonly status?: { readonly lastManualSync?: string } };

/** Resolves when each destination's restore has ended. @throws Error after `seconds`. */
export async function restoresAnswered({ kube, namespace }: Stage, count: number, seconds: number): Promise<void> {
  const path = `/apis/${GROUP.group}/${GROUP.version}/namespaces/${namespace}/replicationdestinations`;
  const answered = new Set<string>();
  const destinations = await watchCollection<Destination>(kube, path);
  const countsAnswer = ({ metadata, status }: Destination): boolean => {
    if (status?.lastManualSync === MANUAL) answered.add(metadata.name);
    return answered.size === count;
  };
  try {
    await destinations.until(`${count} restores`, ({ object }) => countsAnswer(object), seconds);
  } finally {
    destinations.close();
  }
}
