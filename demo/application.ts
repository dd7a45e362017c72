/** The objects of the demo's application, as someone would have them in git. Pure builders. */

export const APP = 'photos';
export const NAMESPACE = 'demo';
export const CLAIM = `${APP}-config`;
export const SECRET = `${APP}-volsync-secret`;
export const SOURCE = `${APP}-src`;

type Manifest = Readonly<Record<string, unknown>>;

/** The application's namespace; its owner allows movers that may restore every owner and mode. */
export const namespaceManifest = (): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: NAMESPACE, annotations: { 'volsync.backube/privileged-movers': 'true' } },
});

export const claimManifest = (storageClassName: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: CLAIM, namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '2Gi' } } },
});

/** Writes a row into SQLite every 50 ms, as uid 1000: a database that is being written while it is backed up. */
export const deploymentManifest = (image: string, replicas: number): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: APP, namespace: NAMESPACE, labels: { app: APP } },
  spec: {
    replicas,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { app: APP } },
    template: {
      metadata: { labels: { app: APP } },
      spec: {
        terminationGracePeriodSeconds: 2,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsUser: 1000,
          runAsGroup: 1000,
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: APP,
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['/bin/sh', '-c', WRITER],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'config', mountPath: '/config' }],
          },
        ],
        volumes: [{ name: 'config', persistentVolumeClaim: { claimName: CLAIM } }],
      },
    },
  },
});

// The application's own start-up: it refuses a damaged database, says how many rows it found, and goes on writing.
const WRITER = [
  'set -e',
  'db=/config/database/app.db',
  `sqlite3 "$db" 'create table if not exists rows (id integer primary key, at text, noise blob)'`,
  `[ "$(sqlite3 "$db" 'pragma integrity_check')" = ok ]`,
  `echo "ready rows=$(sqlite3 "$db" 'select count(*) from rows')"`,
  `while true; do sqlite3 "$db" "pragma busy_timeout=2000; insert into rows (at, noise) values (datetime('now'), randomblob(512))" > /dev/null; sleep 0.05; done`,
].join('\n');

/** A program of the demo that runs as root in a pod beside the application's volume. */
export function treeJobManifest(options: {
  readonly name: string;
  readonly image: string;
  readonly program: 'tree-fill' | 'tree-digest';
  readonly args: readonly string[];
  readonly readOnly: boolean;
}): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: options.name, namespace: NAMESPACE },
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
              image: options.image,
              imagePullPolicy: 'IfNotPresent',
              command: ['/bin/node', `/app/dist/demo/${options.program}.js`, '/config', ...options.args],
              securityContext: { runAsUser: 0, runAsGroup: 0 },
              volumeMounts: [{ name: 'config', mountPath: '/config', readOnly: options.readOnly }],
            },
          ],
          volumes: [{ name: 'config', persistentVolumeClaim: { claimName: CLAIM, readOnly: options.readOnly } }],
        },
      },
    },
  };
}

/** The application's ReplicationSource, unchanged from what VolSync users have in git. */
export const sourceManifest = (snapshotClass: string): Manifest => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'ReplicationSource',
  metadata: { name: SOURCE, namespace: NAMESPACE },
  spec: {
    sourcePVC: CLAIM,
    trigger: { schedule: '0 * * * *' },
    kopia: {
      repository: SECRET,
      copyMethod: 'Snapshot',
      volumeSnapshotClassName: snapshotClass,
      compression: 'zstd-fastest',
      parallelism: 2,
      retain: { hourly: 24, daily: 7 },
    },
  },
});
