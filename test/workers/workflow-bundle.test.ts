import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureWorkflowBundle, findWorkflows } from '../../workers/workflow-bundle.ts';

const quiet = new DefaultLogger('ERROR');
let root: string;

/** A compiled project of one workflow. */
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'stowage-bundle-')));
  await mkdir(join(root, 'workflows'));
  await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
  await writeFile(join(root, 'workflows/index.js'), 'export async function once() { return 1; }\n');
  await writeFile(join(root, 'workflows/shared-modules.js'), "globalThis.loadedBeforeAnyRun = 'shared';\n");
});
afterEach(() => rm(root, { recursive: true, force: true }));

const prebuilt = () => ({ workflowBundle: { codePath: join(root, 'workflow-bundle.js') } });
const fromSource = () => ({
  workflowsPath: join(root, 'workflows/index.js'),
  bundlerOptions: { preloadModules: [join(root, 'workflows/shared-modules.js')] },
});

describe('the prebuilt bundle of the workflows', () => {
  it('is used when it was made from the code that is there', async () => {
    expect(await findWorkflows(root)).toEqual(fromSource());
    await ensureWorkflowBundle(root, quiet);
    expect(await findWorkflows(root)).toEqual(prebuilt());
  });

  it('is left aside when the code has changed: it would run the workflows of yesterday', async () => {
    await ensureWorkflowBundle(root, quiet);
    await writeFile(join(root, 'workflows/index.js'), 'export async function once() { return 2; }\n');
    expect(await findWorkflows(root)).toEqual(fromSource());
    await ensureWorkflowBundle(root, quiet);
    expect(await findWorkflows(root)).toEqual(prebuilt());
  });

  it('holds what all runs share', async () => {
    const code = await readFile(await ensureWorkflowBundle(root, quiet), 'utf8');
    expect(code).toContain("globalThis.loadedBeforeAnyRun = 'shared'");
  });

  it('is made once', async () => {
    const path = await ensureWorkflowBundle(root, quiet);
    const { mtimeMs } = await stat(path);
    await ensureWorkflowBundle(root, quiet);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
  });
});
