import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { DECLARED_API_VERSION, DeclaredKind } from '../api/declared-object.ts';
import { Annotation } from '../api/metadata.ts';
import type { BackupRecord } from '../workflows/backup/contract.ts';
import { openDeclared } from './cluster/declared.ts';
import { openDrills } from './cluster/drills.ts';
import { clusterError, place, timeLimited } from './cluster/request.ts';
import type { DeclaredCluster } from './declared-objects.ts';
import type { DrillReader } from './drill-rows.ts';
import { CommandError } from './errors.ts';

/** What the command line asks of the cluster. It writes nothing but the control of declared objects. */
export interface ClusterClient extends ClaimReader, DeclaredCluster, DrillReader {}

export interface ClaimReader {
  /** Claims of one namespace, or of all; those that never were Stowage's concern included. Throws CommandError. */
  claims(namespace?: string): Promise<ClaimView[]>;
}

/** The group of VolSync's volume populator. */
const POPULATOR_GROUP = DECLARED_API_VERSION.split('/')[0];

export interface ClaimView {
  readonly namespace: string;
  readonly name: string;
  /** `Bound`, `Pending`, `Lost`. */
  readonly phase: string;
  readonly capacity?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A block device: nothing with a file system. */
  readonly block?: boolean;
  /** The ReplicationDestination that it names as its data source and waits for, while it has no volume. */
  readonly waitsFor?: string;
  readonly lastBackup?: BackupRecord;
  readonly lastFailure?: { readonly type: string; readonly message: string; readonly time?: string };
  readonly restored?: { readonly snapshotId: string; readonly at?: string; readonly snapshotTime?: string };
}

/** Reads through the kubeconfig (KUBECONFIG, else ~/.kube/config, else the pod's own account). */
export function openCluster(context: string | undefined, now: () => Date = () => new Date()): ClusterClient {
  const config = loadKubeConfig();
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new CommandError(`--context: '${context}' is not in the kubeconfig`, {
        remedy: `Use one of: ${known.join(', ') || '(there are none)'}.`,
        exitCode: 2,
      });
    }
    config.setCurrentContext(context);
  }
  const api = config.makeApiClient(CoreV1Api);
  return {
    ...openDeclared(config, now),
    ...openDrills(config),
    async claims(namespace) {
      try {
        const list = namespace
          ? await api.listNamespacedPersistentVolumeClaim({ namespace }, timeLimited)
          : await api.listPersistentVolumeClaimForAllNamespaces({}, timeLimited);
        return list.items.map(claimView);
      } catch (error) {
        throw clusterError(error, `list persistentvolumeclaims ${place(namespace)}`);
      }
    },
  };
}

function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the kubeconfig can't be read (${message})`, {
      type: 'ClusterUnreachable',
      remedy: 'Check KUBECONFIG.',
      cause: error,
    });
  }
  return config;
}

interface Claim {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly annotations?: Record<string, string>;
    readonly labels?: Record<string, string>;
  };
  readonly spec?: {
    readonly volumeMode?: string;
    readonly volumeName?: string;
    readonly dataSourceRef?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
  };
  readonly status?: { readonly phase?: string; readonly capacity?: Record<string, string> };
}

/** A claim with what its annotations tell (pure). Annotations that are not JSON count as absent: anybody may write there. */
export function claimView({ metadata, spec, status }: Claim): ClaimView {
  const annotations = metadata?.annotations ?? {};
  const lastBackup = parseJson<BackupRecord>(annotations[Annotation.lastBackup]);
  const lastFailure = parseJson<NonNullable<ClaimView['lastFailure']>>(annotations[Annotation.lastFailure]);
  const snapshotId = annotations[Annotation.restoredFrom];
  const at = annotations[Annotation.restoredAt];
  const snapshotTime = annotations[Annotation.restoredSnapshotTime];
  const capacity = status?.capacity?.storage;
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    phase: status?.phase ?? 'Unknown',
    ...(capacity && { capacity }),
    ...(metadata?.labels && { labels: metadata.labels }),
    ...(spec?.volumeMode === 'Block' && { block: true }),
    ...waiting(spec),
    ...(lastBackup && { lastBackup }),
    ...(lastFailure && { lastFailure }),
    ...(snapshotId && { restored: { snapshotId, ...(at && { at }), ...(snapshotTime && { snapshotTime }) } }),
  };
}

function waiting(spec: Claim['spec']): Pick<ClaimView, 'waitsFor'> {
  const from = spec?.dataSourceRef;
  if (!from || spec.volumeName) return {};
  return from.apiGroup === POPULATOR_GROUP && from.kind === DeclaredKind.destination ? { waitsFor: from.name } : {};
}

function parseJson<T>(text: string | undefined): T | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
