import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import { readSchedule } from '../../schedules/current.ts';
import { createOrchestrator } from '../../workers/orchestrator.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { orchestratorConformance } from '../conformance/orchestrator.ts';
import { quietRuntime } from '../servers/fake-worker.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';

let server: DevServer;
let worker: Worker;
let running: Promise<void>;
let connection: NativeConnection;

beforeAll(async () => {
  quietRuntime();
  server = await startDevServer();
  connection = await NativeConnection.connect({ address: server.address });
  worker = await Worker.create({
    connection,
    taskQueue: CONTROL_QUEUE,
    workflowsPath: fileURLToPath(new URL('../schedules/obedient-backup.ts', import.meta.url)),
  });
  running = worker.run();
}, 60_000);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await connection?.close();
  await server?.kill();
});

orchestratorConformance('on a real Temporal server', () => ({
  orchestrator: createOrchestrator(server.client),
  schedule: async (id) => {
    const found = await readSchedule(server.client.schedule, id);
    return found && { paused: found.paused, note: found.note };
  },
  endRun: async (workflowId, failureType = '') => {
    const handle = server.client.workflow.getHandle(workflowId);
    await handle.signal('end', failureType);
    await handle.result().catch(() => undefined);
  },
}));
