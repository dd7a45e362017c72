import { until } from './until.ts';
import type { Volume } from './volume.ts';

const IDS = { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, runAsNonRoot: true };
const LOCKED = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

/** What VolSync's operator marks its objects with (compatibility.md 2.4). */
export const VOLSYNC_LABELS = {
  'app.kubernetes.io/created-by': 'volsync',
  'volsync.backube/cleanup': '11111111-2222-3333-4444-555555555555',
} as const;

/**
 * The Job of VolSync's mover, run for real: it creates the repository where the legacy `repositoryPVC` keeps it, sets the
 * policy that a declared `retain` becomes there, and files one snapshot (compatibility.md 4.1, 4.5, 4.6). It stays behind,
 * finished, as after an operator that was stopped.
 */
export async function runVolSyncMover(volume: Volume): Promise<void> {
  const { world, namespace, source, claim } = volume;
  const kopia = (name: string, ...args: string[]) => ({
    name,
    image: world.platform.images.kopia,
    imagePullPolicy: 'Never',
    args,
    env: [
      { name: 'KOPIA_CONFIG_PATH', value: '/cache/kopia.config' },
      { name: 'KOPIA_CACHE_DIRECTORY', value: '/cache/kopia' },
      { name: 'KOPIA_LOG_DIR', value: '/cache/logs' },
      { name: 'KOPIA_CHECK_FOR_UPDATES', value: 'false' },
      { name: 'HOME', value: '/cache' },
      { name: 'KOPIA_PASSWORD', valueFrom: { secretKeyRef: { name: secretOf(volume), key: 'KOPIA_PASSWORD' } } },
    ],
    securityContext: LOCKED,
    volumeMounts: [
      { name: 'data', mountPath: '/data', readOnly: true },
      { name: 'cache', mountPath: '/cache' },
      { name: 'repository', mountPath: '/repository' },
    ],
  });
  const identity = [`--override-username=${source}`, `--override-hostname=${namespace}`];
  await world.kubectl.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace, name: `volsync-src-${source}`, labels: VOLSYNC_LABELS },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          securityContext: { ...IDS, seccompProfile: { type: 'RuntimeDefault' } },
          initContainers: [
            kopia('create', 'repository', 'create', 'filesystem', '--path=/repository/repository', ...identity),
            kopia('policy', 'policy', 'set', '/data', '--compression=zstd', '--keep-hourly=24', '--keep-daily=7'),
          ],
          containers: [kopia('kopia', 'snapshot', 'create', '/data', '--parallel=2', '--json')],
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: claim, readOnly: true } },
            { name: 'cache', emptyDir: {} },
            { name: 'repository', persistentVolumeClaim: { claimName: 'kopia' } },
          ],
        },
      },
    },
  });
  const end = await until("VolSync's Job", 90, async () => {
    const [job] = await world.kubectl.list<{ status?: { conditions?: { type: string; message?: string }[] } }>(
      namespace,
      'jobs',
      `--field-selector=metadata.name=volsync-src-${source}`,
    );
    const end = job?.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
    return end?.type;
  });
  if (end === 'Complete') return;
  const name = `job/volsync-src-${source}`;
  throw new Error(`VolSync's Job failed: ${await world.kubectl.run('describe', name, '-n', namespace)}`);
}

const secretOf = ({ claim }: Volume): string => `${claim.replace(/-config$/, '')}-volsync-secret`;
