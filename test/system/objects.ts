/** The objects of a test's application and repository. Pure builders. */
type Manifest = Readonly<Record<string, unknown>>;

/** A namespace that enforces the restricted Pod Security Standard, or allows privileged movers. */
export const namespaceManifest = (name: string, privileged: boolean): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    ...(privileged
      ? { annotations: { 'volsync.backube/privileged-movers': 'true' } }
      : { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }),
  },
});

/** `place` are the keys that say where the repository is; on a volume where left out. */
export const secretManifest = (
  namespace: string,
  name: string,
  password: string,
  place: Readonly<Record<string, string>> = { KOPIA_REPOSITORY: 'filesystem:///repository' },
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  stringData: { ...place, KOPIA_PASSWORD: password },
});

export const claimManifest = (
  namespace: string,
  name: string,
  storageClassName: string,
  storage: string,
  accessMode = 'ReadWriteOnce',
): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace, name },
  spec: { accessModes: [accessMode], storageClassName, resources: { requests: { storage } } },
});

/** A pod that satisfies the restricted standard and runs a shell script on a claim, as the application would. */
export const scriptJobManifest = (
  namespace: string,
  name: string,
  image: string,
  claim: string,
  script: string,
  uid = 1000,
): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace, name },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsUser: uid,
          runAsGroup: uid,
          ...(uid === 0 ? {} : { runAsNonRoot: true }),
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'script',
            image,
            imagePullPolicy: 'Never',
            command: ['/bin/sh', '-ec', script],
            securityContext: uid === 0 ? {} : { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
      },
    },
  },
});
