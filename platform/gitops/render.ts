import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { parse, stringify } from 'yaml';
import { PlatformError } from '../errors.ts';
import { run } from '../host/run.ts';

/** What of a Flux Kustomization decides what is applied. */
type FluxKustomization = {
  readonly spec: {
    readonly path: string;
    readonly targetNamespace?: string;
    readonly components?: readonly string[];
    readonly postBuild?: { readonly substitute?: Readonly<Record<string, string>> };
  };
};

export type RenderOptions = {
  /** Paths of `kubectl` and `flux-substitute`. */
  readonly tools: Readonly<Record<string, string>>;
  /** Where each folder of the repository comes from: path in the repository → folder on this machine. */
  readonly folders: Readonly<Record<string, string>>;
  /** The Flux Kustomization's path in the repository. */
  readonly file: string;
  /** What the cluster itself sets (`postBuild.substituteFrom`); the Kustomization's own variables win. */
  readonly clusterVariables?: Readonly<Record<string, string>>;
};

/**
 * What Flux would apply for a Kustomization of a git repository, as YAML: components and target namespace written into the
 * kustomization at its path, built by Kustomize, variables put in by Flux's own code.
 * @throws PlatformError with the words of the program that failed.
 */
export async function renderFluxKustomization(options: RenderOptions): Promise<string> {
  const { tools } = options;
  const { kubectl, 'flux-substitute': substitute } = tools;
  if (!kubectl || !substitute) throw new PlatformError('rendering needs the tools kubectl and flux-substitute');
  const root = await mkdtemp(join(tmpdir(), 'stowage-gitops-'));
  try {
    for (const [to, from] of Object.entries(options.folders)) await cp(from, join(root, to), { recursive: true });
    const { spec } = parse(await readFile(join(root, options.file), 'utf8')) as FluxKustomization;
    const folder = join(root, normalize(spec.path));
    await addToKustomization(join(folder, 'kustomization.yaml'), spec);
    const built = await run(kubectl, ['kustomize', folder]);
    const variables = { ...options.clusterVariables, ...spec.postBuild?.substitute };
    const values = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return await run(substitute, values, { input: built });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function addToKustomization(file: string, spec: FluxKustomization['spec']): Promise<void> {
  const kustomization = parse(await readFile(file, 'utf8')) as { components?: string[] };
  const components = [...(kustomization.components ?? []), ...(spec.components ?? [])];
  const namespace = spec.targetNamespace === undefined ? {} : { namespace: spec.targetNamespace };
  await writeFile(file, stringify({ ...kustomization, ...namespace, components }));
}
