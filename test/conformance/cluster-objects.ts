import { randomBytes } from 'node:crypto';
import type { V1ConfigMap, V1Job, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { ClusterUnderTest } from './cluster.ts';

export const uniqueName = (): string => `t-${randomBytes(5).toString('hex')}`;

export const refOf = ({
  metadata,
}: {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}) => ({
  ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
  name: metadata?.name ?? '',
});

export const configMap = (
  namespace: string,
  name: string,
  data: Record<string, string>,
  labels: Record<string, string> = {},
): V1ConfigMap => ({ metadata: { namespace, name, labels }, data });

export async function makeConfigMap(
  { cluster, namespace }: ClusterUnderTest,
  data: Record<string, string> = {},
  labels: Record<string, string> = {},
): Promise<V1ConfigMap> {
  const made = await cluster.create('ConfigMap', configMap(namespace, uniqueName(), data, labels));
  if (!made) throw new Error('the name of a new ConfigMap was taken');
  return made;
}

export const claim = (namespace: string, name: string, storageClassName: string): V1PersistentVolumeClaim => ({
  metadata: { namespace, name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '16Mi' } } },
});

/** A Job of one container, `main`, that runs a line of shell; with a claim mounted at /data. */
export function shellJob(
  { namespace, image }: ClusterUnderTest,
  name: string,
  script: string,
  claimName?: string,
): V1Job {
  const container = { name: 'main', image, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script] };
  const mount = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claimName ?? '' } }];
  return {
    metadata: { namespace, name },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 0,
          containers: [claimName ? { ...container, ...mount } : container],
          ...(claimName ? { volumes } : {}),
        },
      },
    },
  };
}
