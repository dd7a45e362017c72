import { DECLARED_API_VERSION, DeclaredKind } from '../../api/declared-object.ts';
import type { Kubectl } from '../system/kubectl.ts';

const [group = '', version = ''] = DECLARED_API_VERSION.split('/');

/**
 * Makes sure that the server knows the declared kinds: what is installed is left alone, and what is missing is made with
 * any fields and a status of its own. It stays: others on a shared platform may have begun to use it.
 */
export async function ensureDeclaredKinds(kubectl: Kubectl): Promise<void> {
  const served = (await kubectl.run('get', 'crd', '-o', 'name')).split('\n');
  const missing = Object.values(DeclaredKind)
    .map(definition)
    .filter(({ metadata }) => !served.some((name) => name.endsWith(`/${metadata.name}`)));
  if (missing.length === 0) return;
  await kubectl.apply(...missing);
  const names = missing.map(({ metadata }) => `crd/${metadata.name}`);
  await kubectl.run('wait', '--for=condition=Established', '--timeout=60s', ...names);
}

function definition(kind: DeclaredKind) {
  const singular = kind.toLowerCase();
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } },
        },
      ],
    },
  };
}
