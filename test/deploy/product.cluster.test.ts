import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { type KubernetesObject, readManifests } from '../../platform/worker/objects.ts';
import '../provided.ts';
import { createKubectl } from '../system/kubectl.ts';
import { build } from './render.ts';

const { tools, kubeconfig } = inject('platform');
const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const names = (objects: readonly KubernetesObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`).sort();

it('`kubectl apply -k deploy` is everything that the platform deploys, with one image for all workers', async () => {
  const built = await build(tools, 'deploy');
  expect(names(built)).toEqual(names(await readManifests(folder('deploy'))));
  const images = built
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ spec }) => JSON.stringify(spec).match(/"image":"([^"]+)"/)?.[1]);
  expect(new Set(images)).toEqual(new Set(['stowage:0.1.0']));
});

it('the kinds that people declare stand apart, because VolSync may have brought them', async () => {
  expect(names(await build(tools, 'deploy')).join()).not.toContain('CustomResourceDefinition');
  expect(names(await build(tools, 'deploy/crds'))).toEqual([
    'CustomResourceDefinition//kopiamaintenances.volsync.backube',
    'CustomResourceDefinition//kopiarepositories.stowage.dev',
    'CustomResourceDefinition//replicationdestinations.volsync.backube',
    'CustomResourceDefinition//replicationsources.volsync.backube',
  ]);
  // Every API server must take them as they are.
  await createKubectl(tools.kubectl!, kubeconfig).run(
    ...['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-k', folder('deploy/crds')],
  );
});

it('the admission policy is optional, and its older version differs in nothing but the version', async () => {
  const policy = await build(tools, 'deploy/admission');
  expect(names(policy)).toEqual([
    'MutatingAdmissionPolicy//stowage-repository-injection',
    'MutatingAdmissionPolicyBinding//stowage-repository-injection',
  ]);
  expect(names(await build(tools, 'deploy')).join()).not.toContain('MutatingAdmissionPolicy');
  expect(policy.map(({ apiVersion }) => apiVersion)).toEqual(Array(2).fill('admissionregistration.k8s.io/v1'));
  const apiVersion = 'admissionregistration.k8s.io/v1beta1';
  expect(await build(tools, 'deploy/admission/v1beta1')).toEqual(policy.map((object) => ({ ...object, apiVersion })));
});
