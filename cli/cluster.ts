import {
  ApiException,
  type ConfigurationOptions,
  CoreV1Api,
  KubeConfig,
  Observable,
  type RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import { Annotation } from '../api/metadata.ts';
import type { BackupRecord } from '../workflows/backup/contract.ts';
import { CommandError } from './errors.ts';

/** The client has no time-out of its own, milliseconds. */
const REQUEST_TIMEOUT = 15_000;

/** What the command line reads of the cluster; it never writes. */
export interface ClusterReader {
  /** Claims of one namespace, or of all; those that never were Stowage's concern included. Throws CommandError. */
  claims(namespace?: string): Promise<ClaimView[]>;
}

export interface ClaimView {
  readonly namespace: string;
  readonly name: string;
  /** `Bound`, `Pending`, `Lost`. */
  readonly phase: string;
  readonly capacity?: string;
  readonly lastBackup?: BackupRecord;
  readonly lastFailure?: { readonly type: string; readonly message: string; readonly time?: string };
  readonly restored?: { readonly snapshotId: string; readonly at?: string; readonly snapshotTime?: string };
}

/** Reads through the kubeconfig (KUBECONFIG, else ~/.kube/config, else the pod's own account). */
export function openCluster(context: string | undefined): ClusterReader {
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
    async claims(namespace) {
      try {
        const list = namespace
          ? await api.listNamespacedPersistentVolumeClaim({ namespace }, timeLimited)
          : await api.listPersistentVolumeClaimForAllNamespaces({}, timeLimited);
        return list.items.map(claimView);
      } catch (error) {
        throw clusterError(error, namespace);
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

/** Aborts a request that gets no answer. */
const timeLimited: ConfigurationOptions = {
  middleware: [
    {
      pre(request: RequestContext): Observable<RequestContext> {
        request.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT));
        return new Observable(Promise.resolve(request));
      },
      post: (response: ResponseContext): Observable<ResponseContext> => new Observable(Promise.resolve(response)),
    },
  ],
  middlewareMergeStrategy: 'append',
};

interface Claim {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly status?: { readonly phase?: string; readonly capacity?: Record<string, string> };
}

/** A claim with what its annotations tell (pure). Annotations that are not JSON count as absent: anybody may write there. */
export function claimView({ metadata, status }: Claim): ClaimView {
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
    ...(lastBackup && { lastBackup }),
    ...(lastFailure && { lastFailure }),
    ...(snapshotId && { restored: { snapshotId, ...(at && { at }), ...(snapshotTime && { snapshotTime }) } }),
  };
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

/** The client's own message carries the response's body and headers; only status and reason are passed on. */
function clusterError(error: unknown, namespace: string | undefined): CommandError {
  const where = namespace ? `in namespace ${namespace}` : 'in all namespaces';
  if (error instanceof ApiException && (error.code === 401 || error.code === 403)) {
    return new CommandError(`the cluster does not let you list persistentvolumeclaims ${where} (HTTP ${error.code})`, {
      type: 'Forbidden',
    });
  }
  const reason =
    error instanceof ApiException ? `HTTP ${error.code}` : error instanceof Error ? error.message : String(error);
  return new CommandError(`the Kubernetes API does not answer (${reason})`, {
    type: 'ClusterUnreachable',
    remedy: 'Check the kubeconfig (KUBECONFIG, --context) and that the API server is reachable from here.',
  });
}
