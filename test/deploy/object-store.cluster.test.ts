import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubernetesObject } from '../../platform/worker/objects.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

type Pod = {
  readonly containers: readonly {
    readonly envFrom: object[];
    readonly volumeMounts: readonly { readonly name: string }[];
  }[];
  readonly volumes: readonly { readonly name: string; readonly emptyDir?: object }[];
};

/** What `kubectl apply -k` of a person's kustomization would send. */
async function render(components: readonly string[]): Promise<KubernetesObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-deploy-'));
  try {
    const path = (name: string): string => relative(folder, join(checkout, name));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [path('deploy')],
      components: components.map(path),
    };
    await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
    const { stdout } = await promisify(execFile)(inject('platform').tools.kubectl!, ['kustomize', folder]);
    return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;
const repositoryWorker = (objects: readonly KubernetesObject[]): Pod => {
  const found = objects.find((object) => nameOf(object) === 'Deployment/stowage-repository');
  return (found as unknown as { spec: { template: { spec: Pod } } }).spec.template.spec;
};

test('with an object store the worker beside the repository mounts no volume, and the Secret is its environment', async () => {
  const [plain, store] = await Promise.all([render([]), render(['deploy/object-store'])]);
  const pod = repositoryWorker(store);
  expect(pod.volumes).toEqual([
    { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '256Mi' } },
    { name: 'cache', emptyDir: { sizeLimit: '2Gi' } },
  ]);
  expect(pod.containers[0]?.volumeMounts.map(({ name }) => name).sort()).toEqual(['cache', 'tmp']);
  expect(pod.containers[0]?.envFrom).toEqual([
    { configMapRef: { name: 'stowage-settings' } },
    { secretRef: { name: 'kopia-secret' } },
  ]);
  // Nothing else differs.
  const others = (objects: readonly KubernetesObject[]): KubernetesObject[] =>
    objects.filter((object) => nameOf(object) !== 'Deployment/stowage-repository');
  expect(others(store)).toEqual(others(plain));
  expect(repositoryWorker(plain).volumes.map(({ name }) => name)).toContain('repository');
});
