import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

/** Made by `node dist/workers/bundle-workflows.js`; beside it the digest of the files that it was made from. */
const BUNDLE = 'workflow-bundle.js';
const DIGEST = 'workflow-bundle.sha256';

/** Folders that a workflow may import from. */
const SOURCES = ['workflows', 'api', 'schedules'];

/** Options of a worker that say where its workflows are. */
export type WorkflowSource = { readonly workflowBundle: { codePath: string } } | BundleSource;

interface BundleSource {
  readonly workflowsPath: string;
  readonly bundlerOptions: { preloadModules: string[] };
}

/** The folder above this one: `dist` when compiled, the checkout when run by a TypeScript runner. */
export const programRoot = (): string => fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles the workflows of the compiled project once, so that a worker starts without webpack. Leaves a bundle alone
 * that belongs to the code which is there.
 * @returns the bundle's path.
 */
export async function ensureWorkflowBundle(root: string, logger?: Logger): Promise<string> {
  const path = join(root, BUNDLE);
  if ('workflowBundle' in (await findWorkflows(root))) return path;
  const { workflowsPath, bundlerOptions } = sourceOf(root);
  const { code } = await bundleWorkflowCode({ workflowsPath, ...bundlerOptions, ...(logger ? { logger } : {}) });
  await writeFile(path, code);
  await writeFile(join(root, DIGEST), await digestOf(root));
  return path;
}

/**
 * The prebuilt bundle when it belongs to the code that is there, else the path from which the worker bundles at its
 * start (about two seconds more): a stale bundle would run yesterday's workflows.
 */
export async function findWorkflows(root: string): Promise<WorkflowSource> {
  const digest = await readFile(join(root, DIGEST), 'utf8').catch(() => undefined);
  if (digest === undefined || digest !== (await digestOf(root))) return sourceOf(root);
  return { workflowBundle: { codePath: join(root, BUNDLE) } };
}

/** The workflows, and what all runs of them share. */
export function sourceOf(root: string): BundleSource {
  const extension = existsSync(join(root, 'workflows', 'index.js')) ? 'js' : 'ts';
  const fileOf = (name: string): string => join(root, 'workflows', `${name}.${extension}`);
  return { workflowsPath: fileOf('index'), bundlerOptions: { preloadModules: [fileOf('shared-modules')] } };
}

/** Over every file that can be in the bundle, and the SDK's version: both sides must be the very same. */
async function digestOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(sdkVersion());
  for (const folder of SOURCES) {
    const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
    for (const name of names.filter((file) => /\.(js|ts)$/.test(file)).sort()) {
      hash.update(name.replaceAll(sep, '/')).update(await readFile(join(root, folder, name)));
    }
  }
  return hash.digest('hex');
}

function sdkVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return (manifest as { version: string }).version;
}
