import { AuthorizationV1Api, CustomObjectsApi, KubeConfig, StorageV1Api, VersionApi } from '@kubernetes/client-node';
import { errorText, PlatformError } from '../errors.ts';
import { type ClusterFacts, type Finding, judgeCluster, type Permission, permissions } from './requirements.ts';

/** Whether a cluster that a person has can stand in for the embedded one. */
export type ContextReport = {
  readonly context: string;
  readonly usable: boolean;
  readonly findings: readonly Finding[];
};

const timeoutSeconds = 15;

/**
 * Checks the cluster of a kubeconfig context (KUBECONFIG, else ~/.kube/config). Reads only; nothing is changed there.
 * @throws PlatformError when the context does not exist or its API server does not answer.
 */
export async function checkContext(context: string): Promise<ContextReport> {
  const config = new KubeConfig();
  config.loadFromDefault();
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new PlatformError(
      `kubeconfig has no context '${context}': it has ${names.join(', ') || 'none'} (KUBECONFIG names the file)`,
    );
  }
  config.setCurrentContext(context);
  const findings = judgeCluster(await readCluster(config, context));
  return { context, usable: findings.every(({ ok }) => ok), findings };
}

async function readCluster(config: KubeConfig, context: string): Promise<ClusterFacts> {
  const storage = config.makeApiClient(StorageV1Api);
  const version = await answering(config.makeApiClient(VersionApi).getCode(), context);
  const classes = await answering(storage.listStorageClass(), context);
  const denied = await Promise.all(permissions.map(async (one) => ((await isAllowed(config, one)) ? [] : [one])));
  return {
    version: version.gitVersion,
    storageClasses: classes.items.map((item) => ({
      name: item.metadata?.name ?? '',
      provisioner: item.provisioner,
      isDefault: item.metadata?.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
    })),
    snapshotClasses: await readSnapshotClasses(config),
    denied: denied.flat(),
  };
}

async function readSnapshotClasses(config: KubeConfig): Promise<ClusterFacts['snapshotClasses']> {
  const api = config.makeApiClient(CustomObjectsApi);
  try {
    const listed = (await api.listClusterCustomObject({
      group: 'snapshot.storage.k8s.io',
      version: 'v1',
      plural: 'volumesnapshotclasses',
    })) as { items?: { metadata: { name: string }; driver: string }[] };
    return (listed.items ?? []).map(({ metadata, driver }) => ({ name: metadata.name, driver }));
  } catch (error) {
    // 404: the kind does not exist. Forbidden is no reason to say so; the permissions tell it.
    return (error as { code?: number }).code === 404 ? undefined : [];
  }
}

async function isAllowed(config: KubeConfig, { group, resource, verb, subresource }: Permission): Promise<boolean> {
  const resourceAttributes = { group, resource, verb, ...(subresource && { subresource }) };
  const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
  });
  return review.status?.allowed === true;
}

/** The client has no time-out of its own, and its errors carry whole bodies: both end here. */
async function answering<T>(call: Promise<T>, context: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutSeconds} s`)), timeoutSeconds * 1000);
  });
  try {
    return await Promise.race([call, late]);
  } catch (error) {
    const code = (error as { code?: number | string }).code;
    const reason = typeof code === 'number' ? `HTTP ${code}` : (errorText(error).split('\n')[0] ?? '');
    throw new PlatformError(
      `the cluster of context '${context}' does not answer: ${reason}. Check its address and your credentials with 'kubectl --context ${context} version'`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Text of a report, one line a finding. Pure. */
export function renderContextReport(report: ContextReport): string {
  const lines = report.findings.map(({ ok, text }) => `  ${ok ? 'ok     ' : 'missing'} ${text}`);
  const verdict = report.usable
    ? 'can be used; nothing was changed there'
    : 'cannot be used yet; nothing was changed there';
  return [`context ${report.context}: ${verdict}`, ...lines].join('\n');
}
