import { buildStorageClass, buildVolumeSnapshotClass } from '../platform/csi/manifests.ts';
import { DRIVER_NAME } from '../platform/layout/paths.ts';

/** The names of the reference's example, which the demo plays, and what a cluster has before the application comes. */

export const APP = 'emby';
export const NAMESPACE = 'default';
export const CLAIM = `${APP}-config`;
export const SECRET = `${APP}-volsync-secret`;
export const SOURCE = `${APP}-src`;
export const DESTINATION = `${APP}-dst`;

/** The Flux Kustomization of the application, in its repository. */
export const FLUX_KUSTOMIZATION = `kubernetes/apps/${NAMESPACE}/${APP}/ks.yaml`;

type Manifest = Readonly<Record<string, unknown>>;

/** The classes that the reference's variables name, on the platform's own driver. */
export const classManifests = (): readonly object[] => [
  buildStorageClass({ name: 'csi-cephfs-config-sc', driverName: DRIVER_NAME }),
  // There is one default already, the platform's.
  withoutDefault(buildVolumeSnapshotClass('csi-cephfs-config-snapclass', DRIVER_NAME)),
];

const withoutDefault = <T extends { metadata: { name: string } }>(object: T): T => ({
  ...object,
  metadata: { name: object.metadata.name },
});

/** The Secret that External Secrets would make from `emby-volsync`: the demo plays the operator and its password store. */
export const secretManifest = (password: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: SECRET, namespace: NAMESPACE },
  stringData: { KOPIA_REPOSITORY: 'filesystem:///repository', KOPIA_PASSWORD: password },
});

/** Notes every entry of the application's volume, as root in a pod beside it. */
export const digestJobManifest = (name: string, image: string): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        containers: [
          {
            name: 'tree',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['/bin/node', '/app/dist/demo/tree-digest.js', '/config'],
            securityContext: { runAsUser: 0, runAsGroup: 0 },
            volumeMounts: [{ name: 'config', mountPath: '/config', readOnly: true }],
          },
        ],
        volumes: [{ name: 'config', persistentVolumeClaim: { claimName: CLAIM, readOnly: true } }],
      },
    },
  },
});
