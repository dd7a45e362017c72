import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { renderFluxKustomization } from '../../platform/gitops/render.ts';
import { run } from '../../platform/host/run.ts';
import type { KubernetesObject } from '../../platform/worker/objects.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
export const componentFolder = join(checkout, 'deploy/component');
export const embyFolder = join(checkout, 'demo/git');

type Tools = Readonly<Record<string, string>>;

/** An application of a GitOps repository, by its variables; it applies nothing but the component. */
export interface AppShape {
  readonly app: string;
  readonly namespace: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Components below `components/`; the component alone where left out. */
  readonly components?: readonly string[];
  /** What the application's own folder holds. */
  readonly resources?: readonly object[];
}

/** What Flux would apply for the application. */
export async function renderApp(tools: Tools, shape: AppShape): Promise<KubernetesObject[]> {
  const { app, namespace, components = ['volsync'], resources = [] } = shape;
  const folder = await mkdtemp(join(tmpdir(), 'stowage-app-'));
  try {
    const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
    await writeFile(
      join(folder, 'kustomization.yaml'),
      stringify({ ...kustomization, ...(resources.length > 0 && { resources: ['app.yaml'] }) }),
    );
    await writeFile(join(folder, 'app.yaml'), resources.map((object) => stringify(object)).join('---\n'));
    await writeFile(
      join(folder, 'ks.yaml'),
      stringify({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        spec: {
          path: `./apps/${app}`,
          targetNamespace: namespace,
          components: components.map((name) => `../../components/${name}`),
          postBuild: { substitute: { APP: app, ...shape.variables } },
        },
      }),
    );
    const folders = { [`apps/${app}`]: folder, 'components/volsync': componentFolder };
    return parseObjects(await renderFluxKustomization({ tools, folders, file: `apps/${app}/ks.yaml` }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The reference's emby, as the demo declares it. */
export async function renderEmby(tools: Tools, clusterVariables: Record<string, string>): Promise<KubernetesObject[]> {
  const folders = { '.': embyFolder, 'kubernetes/components/volsync': componentFolder };
  const file = 'kubernetes/apps/default/emby/ks.yaml';
  return parseObjects(await renderFluxKustomization({ tools, folders, file, clusterVariables }));
}

/** What Kustomize makes of a folder of this checkout, for example `deploy/crds`. */
export const build = async (tools: Tools, path: string): Promise<KubernetesObject[]> =>
  parseObjects(await run(tools.kubectl!, ['kustomize', join(checkout, path)]));

/** YAML as the API server reads it: a null stays. */
export const parseObjects = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as KubernetesObject;
  });

export function find<T = KubernetesObject>(objects: readonly KubernetesObject[], kind: string, name: string): T {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name} among ${objects.map((o) => `${o.kind} ${o.metadata.name}`).join()}`);
  return found as T;
}
