import type { DeclaredStatus } from '../../api/declared-object.ts';
import { until } from './until.ts';
import type { Volume } from './volume.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** A source as the reference's component makes it, with `spec.kopia` fields on top. */
export const sourceManifest = (
  volume: Volume,
  kopia: object = {},
  trigger: object = { schedule: '0 * * * *' },
): Manifest => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'ReplicationSource',
  metadata: { namespace: volume.namespace, name: volume.source },
  spec: {
    sourcePVC: volume.claim,
    trigger,
    kopia: {
      repository: `${volume.claim.replace(/-config$/, '')}-volsync-secret`,
      copyMethod: 'Snapshot',
      compression: 'zstd-fastest',
      parallelism: 2,
      retain: { hourly: 24, daily: 7 },
      moverSecurityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      ...kopia,
    },
  },
});

/** A destination as the reference's component makes it. */
export const destinationManifest = (volume: Volume, kopia: object = {}): Manifest => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'ReplicationDestination',
  metadata: { namespace: volume.namespace, name: volume.destination },
  spec: {
    trigger: { manual: 'restore-once' },
    kopia: {
      repository: `${volume.claim.replace(/-config$/, '')}-volsync-secret`,
      destinationPVC: volume.claim,
      copyMethod: 'Direct',
      capacity: '256Mi',
      accessModes: ['ReadWriteOnce'],
      storageClassName: volume.world.platform.storageClass,
      moverSecurityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      ...kopia,
    },
  },
});

export async function statusOf(
  { world, namespace }: Volume,
  kind: 'replicationsource' | 'replicationdestination',
  name: string,
): Promise<DeclaredStatus> {
  const text = await world.kubectl.run('get', `${kind}s.volsync.backube`, name, '-n', namespace, '-o', 'json');
  return (JSON.parse(text) as { status?: DeclaredStatus }).status ?? {};
}

/** `Reason: message` of one condition; undefined where it does not stand there. */
export function condition(status: DeclaredStatus, type: string): string | undefined {
  const found = status.conditions?.find((one) => one.type === type);
  return found && `${found.status}/${found.reason}: ${found.message}`;
}

/** Waits until a status is as wanted, and returns it; the error tells the last one. */
export async function untilStatus(
  volume: Volume,
  kind: 'replicationsource' | 'replicationdestination',
  wanted: (status: DeclaredStatus) => boolean,
  seconds = 60,
): Promise<DeclaredStatus> {
  const name = kind === 'replicationsource' ? volume.source : volume.destination;
  let last: DeclaredStatus = {};
  const look = async (): Promise<boolean> => {
    last = await statusOf(volume, kind, name);
    return wanted(last);
  };
  await until(`${kind} ${volume.namespace}/${name} as wanted`, seconds, look).catch((cause: unknown) => {
    throw new Error(`the status of ${name} is ${JSON.stringify(last, undefined, 1)}`, { cause });
  });
  return last;
}
