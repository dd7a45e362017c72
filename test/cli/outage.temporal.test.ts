import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { besideWorker } from '../servers/fake-worker.ts';
import { freePort, startDevServer } from '../servers/temporal-dev-server.ts';
import { stowage } from './run-cli.ts';

const workflowsPath = fileURLToPath(new URL('./fake-workflows.ts', import.meta.url));

it('an onlooker outlives an outage of Temporal, as the run does', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'stowage-outage-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const options = { databaseFile: join(directory, 'temporal.db'), port: await freePort() };
  const before = await startDevServer(options);
  let after: Awaited<ReturnType<typeof startDevServer>> | undefined;
  onTestFinished(async () => {
    await before.kill();
    await after?.kill();
  });

  let said = '';
  const command = stowage(['restore', 'waiting', '-n', 'demo'], {
    env: { STOWAGE_TEMPORAL_ADDRESS: before.address },
    onStderr: (text) => {
      said = text;
    },
  });
  const worker = { taskQueue: CONTROL_QUEUE, workflowsPath, activities: { followMover: async () => undefined } };
  await besideWorker(before.address, worker, () => expect.poll(() => said, { timeout: 20_000 }).toContain('Preflight'));
  await before.kill();
  await expect.poll(() => said, { timeout: 60_000 }).toContain('Temporal does not answer; waiting for it');

  after = await startDevServer(options);
  const { client } = after;
  const { exitCode, stdout } = await besideWorker(after.address, worker, async () => {
    await client.workflow.getHandle('restore/demo/waiting').signal('finish');
    return await command;
  });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing was touched') });
});
