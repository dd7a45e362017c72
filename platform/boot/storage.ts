import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/run.ts';
import type { BootContext } from './context.ts';
import { baseObjects, type Manifest } from './objects.ts';

/** Applies the snapshot CRDs and every object that a platform begins with; applying again changes nothing. */
export async function applyObjects(context: BootContext, storage: readonly Manifest[]): Promise<void> {
  const folder = join(context.kubernetesFiles, 'crds');
  const crds = await Promise.all((await readdir(folder)).sort().map((file) => readFile(join(folder, file), 'utf8')));
  await apply(context, crds.join('\n---\n'));
  await apply(context, [...baseObjects(), ...storage].map((object) => JSON.stringify(object)).join('\n---\n'));
}

async function apply({ tools, paths }: BootContext, manifests: string): Promise<void> {
  const args = [
    '--kubeconfig',
    paths.kubeconfig,
    'apply',
    '--server-side',
    '--force-conflicts',
    '--field-manager=stowage-platform',
    '-f',
    '-',
  ];
  await run(tools.kubectl ?? 'kubectl', args, { input: manifests });
}
