import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { preflightWatches } from '../../activities/volume/preflight-watches.ts';
import type { Platform } from '../../platform/types.ts';
import { buildWorkerObjects, type KubernetesObject, readManifests } from '../../platform/worker/objects.ts';
import { applicationRepositoryObjects } from '../../platform/worker/repository-objects.ts';
import { targetOf } from '../../platform/worker.ts';
import { parseWorkerConfig } from '../../workers/config.ts';
import { WorkerRole, workerRoles } from '../../workers/role.ts';
import { asRbac, rightsAskedBy, rightsGivenBy, rightsToWatch } from './cluster-calls.ts';

type Rules = Parameters<typeof rightsGivenBy>[0];
type Container = {
  name: string;
  image: string;
  imagePullPolicy: string;
  args: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  envFrom: { configMapRef: { name: string } }[];
  securityContext: object;
  resources: { limits: Record<string, string> };
  volumeMounts: { name: string; mountPath: string }[];
};
type PodSpec = {
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: Container[];
  volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
};

const manifests = await readManifests(fileURLToPath(new URL('../../deploy', import.meta.url)));

function find<T = KubernetesObject>(kind: string, name: string, objects: readonly KubernetesObject[] = manifests): T {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found as T;
}

function podOf(role: string, objects = manifests): { spec: PodSpec; annotations: Record<string, string> } {
  const { spec } = find<{ spec: { template: { spec: PodSpec; metadata: { annotations: Record<string, string> } } } }>(
    'Deployment',
    `stowage-${role}`,
    objects,
  );
  return { spec: spec.template.spec, annotations: spec.template.metadata.annotations };
}

const rulesOf = (kind: string, name: string): Rules => find<{ rules: Rules }>(kind, name).rules;

describe('the rights of each role', () => {
  it('are exactly what the control activities, and the watches kept for them, ask for', () => {
    const watches = rightsToWatch(preflightWatches('stowage-system'));
    const called = ['control-activities.ts', 'watch-activities.ts'].flatMap(rightsAskedBy);
    const asked = asRbac([...new Set([...called, ...watches])]);
    const given = [...rulesOf('ClusterRole', 'stowage-control'), ...rulesOf('Role', 'stowage-control')];
    expect(rightsGivenBy(given)).toEqual(asked);
  });

  it('are exactly what the mover activities ask for', () => {
    expect(rightsGivenBy(rulesOf('ClusterRole', 'stowage-movers'))).toEqual(
      asRbac(rightsAskedBy('mover-activities.ts')),
    );
  });

  it('let nobody list Secrets, and nobody but control read one', () => {
    const rights = manifests.flatMap((object) =>
      object.kind.endsWith('Role')
        ? rightsGivenBy(object.rules as Rules).map((right) => `${object.metadata.name}: ${right}`)
        : [],
    );
    expect(rights.filter((right) => right.includes('/secrets'))).toEqual(['stowage-control: get /secrets']);
  });

  it('keep the records of repositories in the own namespace', () => {
    expect(rightsGivenBy(rulesOf('ClusterRole', 'stowage-control')).join()).not.toContain('configmaps');
    expect(find('Role', 'stowage-control').metadata.namespace).toBe('stowage-system');
    expect(preflightWatches('stowage-system').ConfigMap.selector).toMatchObject({ namespace: 'stowage-system' });
  });

  it('do not exist beside the repository: no binding, no token', () => {
    const subjects = manifests.flatMap(({ subjects: names }) => (names ?? []) as { name: string }[]);
    expect(subjects.map(({ name }) => name)).not.toContain('stowage-repository');
    expect(find('ServiceAccount', 'stowage-repository').automountServiceAccountToken).toBe(false);
    expect(podOf('repository').spec.automountServiceAccountToken).toBe(false);
  });
});

describe.each(workerRoles)('the pod of %s', (role) => {
  const { spec } = podOf(role);
  const [worker] = spec.containers as [Container];

  it('fits the restricted profile that its namespace enforces', () => {
    expect(find('Namespace', 'stowage-system').metadata.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources.limits).toHaveProperty('memory');
    }
  });

  it('runs its own role under its own account, in an environment without service variables', () => {
    expect(worker.args).toEqual(['dist/workers/main.js', role]);
    expect(spec.serviceAccountName).toBe(`stowage-${role}`);
    // STOWAGE_…_SERVICE_HOST would be an unknown setting, and the worker would refuse to start.
    expect(spec.enableServiceLinks).toBe(false);
  });

  it('mounts a claim only beside the repository, and reads a Secret only there', () => {
    const claims = spec.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
    const secrets = (worker.env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []);
    const beside = role === WorkerRole.Repository;
    expect(claims).toEqual(beside ? ['kopia'] : []);
    expect(secrets).toEqual(beside ? ['kopia-secret'] : []);
  });

  it('starts with an environment that the worker accepts', () => {
    const settings = find<{ data: Record<string, string> }>('ConfigMap', 'stowage-settings').data;
    const own = Object.fromEntries((worker.env ?? []).map(({ name, value }) => [name, value ?? 'secret']));
    const config = parseWorkerConfig({ role, environment: { ...settings, ...own } });
    expect(config.role).toBe(role);
    // The pod must be given more time than the worker takes.
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(20);
  });
});

describe('the manifests on a platform', () => {
  const platform = {
    temporal: { address: '10.0.0.1:7233', namespace: 'default', uiUrl: '' },
    images: { kopia: 'stowage.test/kopia:1', app: '', pause: '' },
    apiServer: { host: '10.0.0.1', port: 6443 },
  } as unknown as Platform;
  const built = (settings: Record<string, string> = {}) =>
    buildWorkerObjects(manifests, targetOf(platform, 'stowage.test/stowage:abc', settings));

  it('carry its image, its addresses and its pull policy, and nothing else differs', () => {
    const objects = built();
    for (const role of workerRoles) {
      const [worker] = podOf(role, objects).spec.containers as [Container];
      expect(worker).toMatchObject({ image: 'stowage.test/stowage:abc', imagePullPolicy: 'Never' });
    }
    expect(find<{ data: object }>('ConfigMap', 'stowage-settings', objects).data).toMatchObject({
      STOWAGE_NAMESPACE: 'stowage-system',
      STOWAGE_TEMPORAL_ADDRESS: '10.0.0.1:7233',
      STOWAGE_IMAGE: 'stowage.test/stowage:abc',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
    });
    const others = ({ kind }: KubernetesObject): boolean => kind !== 'ConfigMap' && kind !== 'Deployment';
    expect(objects.filter(others)).toEqual(manifests.filter(others));
  });

  it('replace the pods when a setting changes, and only then', () => {
    const digest = (objects: KubernetesObject[]): string | undefined =>
      podOf('movers', objects).annotations['stowage.dev/settings-digest'];
    expect(digest(built())).toBe(digest(built()));
    expect(digest(built({ STOWAGE_MOVER_SLOTS: '3' }))).not.toBe(digest(built()));
    expect(podOf('movers', built()).annotations['prometheus.io/port']).toBe('8080');
  });

  it('leave the files as they are', () => {
    const before = structuredClone(manifests);
    built();
    expect(manifests).toEqual(before);
  });
});

it('an application gets the repository claim and a Secret with the password under the key that movers read', () => {
  const [claim, secret] = applicationRepositoryObjects('demo', 'app-volsync-secret', 'p4ss') as [
    KubernetesObject,
    KubernetesObject & { data: Record<string, string> },
  ];
  expect(claim).toMatchObject({
    metadata: { name: 'kopia', namespace: 'demo' },
    spec: { accessModes: ['ReadWriteMany'] },
  });
  expect(secret.metadata).toEqual({ name: 'app-volsync-secret', namespace: 'demo' });
  expect(Buffer.from(secret.data.KOPIA_PASSWORD ?? '', 'base64').toString()).toBe('p4ss');
});
