import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { careLockId, MAINTAIN_REPOSITORY } from '../../workflows/care/contract.ts';
import { CONTROL_QUEUE, MOVERS_QUEUE, repositoryQueue } from '../../workflows/task-queues.ts';
import { quietRuntime } from '../servers/fake-worker.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';
import { failure, succeedingActivities } from './stubs.ts';

const TIMEOUT = { timeout: 60_000 } as const;
const RESULT = { startMilliseconds: 1, runMilliseconds: 1 };

let server: DevServer;
let connection: NativeConnection;
let stop: () => Promise<void>;

/** How the movers of the tests behave, by the id of their run. */
const movers = new Map<string, () => Promise<void>>();

beforeAll(async () => {
  quietRuntime();
  server = await startDevServer();
  connection = await NativeConnection.connect({ address: server.address });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const activities = {
    ...succeedingActivities([]),
    runMaintenance: async ({ run }: { run: { workflowId: string } }) => {
      await movers.get(run.workflowId)?.();
      return RESULT;
    },
  };
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue: CONTROL_QUEUE, workflowBundle, activities }),
    ...[MOVERS_QUEUE, repositoryQueue('kopia')].map((taskQueue) =>
      Worker.create({ connection, taskQueue, activities }),
    ),
  ]);
  const running = workers.map((worker) => worker.run());
  stop = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  };
}, 120_000);

afterAll(async () => {
  await stop?.();
  await connection?.close();
  await server?.kill();
});

const maintain = (workflowId: string, mode: 'Quick' | 'Full'): Promise<WorkflowHandle> =>
  server.client.workflow.start(MAINTAIN_REPOSITORY, { taskQueue: CONTROL_QUEUE, workflowId, args: [{ mode }] });

const lockStatus = async (): Promise<string> =>
  (await server.client.workflow.getHandle(careLockId('kopia')).describe()).status.name;

/** A mover that the test holds under way. */
function heldMover(workflowId: string): { readonly started: Promise<void>; letGo(): void } {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const started = new Promise<void>((resolve) => {
    movers.set(workflowId, async () => {
      resolve();
      await held;
    });
  });
  return { started, letGo };
}

describe('care of one repository', () => {
  it('is one run after the other: a full maintenance waits, a quick one is left out', TIMEOUT, async () => {
    const first = heldMover('first');
    const one = await maintain('first', 'Full');
    await first.started;
    let overlapped = true;
    movers.set('second', async () => {
      overlapped = !firstEnded;
    });
    let firstEnded = false;
    const two = await maintain('second', 'Full');
    expect(await (await maintain('quick', 'Quick')).result()).toMatchObject({ outcome: 'Skipped' });
    firstEnded = true;
    first.letGo();
    expect(await one.result()).toMatchObject({ outcome: 'Succeeded' });
    expect(await two.result()).toMatchObject({ outcome: 'Succeeded' });
    expect(overlapped).toBe(false);
  });

  it('is open to the next run when one has failed', TIMEOUT, async () => {
    movers.set('fails', async () => {
      throw failure('MoverFailed');
    });
    await expect((await maintain('fails', 'Full')).result()).rejects.toThrow();
    expect(await lockStatus()).toBe('COMPLETED');
    expect(await (await maintain('after', 'Quick')).result()).toMatchObject({ outcome: 'Succeeded' });
  });

  it('is open to the next run when one was terminated in the middle', TIMEOUT, async () => {
    const { started, letGo } = heldMover('terminated');
    const run = await maintain('terminated', 'Full');
    await started;
    await run.terminate('the test does');
    await expect.poll(lockStatus).toBe('TERMINATED');
    expect(await (await maintain('next', 'Quick')).result()).toMatchObject({ outcome: 'Succeeded' });
    letGo();
  });
});
