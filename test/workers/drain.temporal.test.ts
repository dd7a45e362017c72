import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { activityInfo, Context } from '@temporalio/activity';
import { bundleWorkflowCode, type NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWorkerConfig } from '../../workers/config.ts';
import { createLifecycle, type Lifecycle } from '../../workers/lifecycle.ts';
import { createTelemetry, type Telemetry } from '../../workers/telemetry.ts';
import { checkTemporal, connectTemporal } from '../../workers/temporal-connection.ts';
import { pollers, sharedOptions } from '../../workers/worker-options.ts';
import { type DevServer, freePort, startDevServer } from '../servers/temporal-dev-server.ts';

const CANARY = 'canary-0f8e2b7c-secret';
const workflows = new EventEmitter();
let lines = '';
let telemetry: Telemetry;
let server: DevServer;
let connection: NativeConnection;
let ticker: Worker;
let ticking: Promise<void>;

/** Resolves when the log holds a line with `text`. */
async function logged(text: string): Promise<void> {
  while (!lines.includes(text)) await once(workflows, 'line');
}

const configFor = (port: number, graceSeconds: string) =>
  parseWorkerConfig({
    role: 'repository',
    environment: {
      STOWAGE_TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      STOWAGE_SHUTDOWN_GRACE_SECONDS: graceSeconds,
    },
  });

beforeAll(async () => {
  const port = await freePort();
  const config = configFor(port, '1');
  telemetry = await createTelemetry(config, {
    secrets: [CANARY],
    destination: {
      write(line: string) {
        lines += line;
        workflows.emit('line');
      },
    },
  });
  // Nobody listens yet: the worker waits, says so, and goes on when Temporal is there.
  const connecting = connectTemporal(config.temporal, telemetry.log, new AbortController().signal);
  await logged('waiting for Temporal');
  server = await startDevServer({ port });
  connection = await connecting;
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./hold-workflow.ts', import.meta.url)),
  });
  ticker = await Worker.create({ connection, taskQueue: 'hold', workflowBundle });
  ticking = ticker.run();
}, 90_000);

afterAll(async () => {
  ticker?.shutdown();
  await ticking;
  await connection?.close();
  await server?.kill();
});

/** A worker of ours with one activity that waits as `mode` says. */
async function startWorker(taskQueue: string, graceSeconds: string) {
  const gate = new EventEmitter();
  const started: number[] = [];
  const signals = new EventEmitter();
  const lifecycle: Lifecycle = createLifecycle({
    log: telemetry.log,
    signals: signals as unknown as NodeJS.Process,
    exit: () => undefined,
  });
  const worker = await Worker.create({
    ...sharedOptions({ config: configFor(1, graceSeconds), connection, telemetry }, 1),
    taskQueue,
    activityTaskPollerBehavior: pollers(4),
    activities: {
      async hold(mode: string): Promise<string> {
        const { attempt } = activityInfo();
        started.push(attempt);
        gate.emit('started');
        if (mode === 'fail') throw new Error(`could not log in with KOPIA_PASSWORD=${CANARY} or "${CANARY}"`);
        if (mode === 'stay' && attempt === 1) await Context.current().cancelled;
        if (mode === 'finish') await once(gate, 'open');
        return `attempt ${attempt}`;
      },
    },
  });
  return { worker, lifecycle, gate, started, stop: () => signals.emit('SIGTERM', 'SIGTERM') };
}

const start = (taskQueue: string, mode: string) =>
  server.client.workflow.start('holdOnce', {
    taskQueue: 'hold',
    workflowId: `${taskQueue}/${mode}`,
    args: [taskQueue, mode],
  });

describe('a worker on the real Temporal server', () => {
  it('says why it waits for Temporal, and then is connected', async () => {
    const waiting = lines.split('\n').find((line) => line.includes('waiting for Temporal')) ?? '{}';
    expect(JSON.parse(waiting)).toMatchObject({ level: 'warn', reason: expect.stringMatching(/\w/) });
    expect(lines).toContain('connected to Temporal');
    await checkTemporal(connection, 'default');
    await expect(checkTemporal(connection, 'no-such-namespace')).rejects.toThrow();
  });

  it('ends a wait for Temporal when it is told to stop', async () => {
    const stop = new AbortController();
    const waiting = connectTemporal(configFor(await freePort(), '1').temporal, telemetry.log, stop.signal);
    stop.abort(new Error('stopped by SIGTERM'));
    await expect(waiting).rejects.toThrow('stopped by SIGTERM');
  });

  it('lets a running activity end after SIGTERM: its result counts, no second attempt is made', async () => {
    const { worker, lifecycle, gate, started, stop } = await startWorker('drain-a', '30');
    const ended = lifecycle.run(worker);
    const begun = once(gate, 'started');
    const run = await start('drain-a', 'finish');
    await begun;
    stop();
    expect(await lifecycle.ready(async () => undefined)).toEqual({ ok: false, reason: 'draining' });
    gate.emit('open');
    await ended;
    expect(await run.result()).toBe('attempt 1');
    expect(started).toEqual([1]);
  });

  it('lets go of an activity that outlasts the grace time: another worker takes it at once, not after the heartbeat timeout', async () => {
    const first = await startWorker('drain-b', '0.2');
    const ended = first.lifecycle.run(first.worker);
    const begun = once(first.gate, 'started');
    const run = await start('drain-b', 'stay');
    await begun;
    first.stop();
    await ended;
    const second = await startWorker('drain-b', '1');
    const secondEnded = second.lifecycle.run(second.worker);
    expect(await run.result()).toBe('attempt 2');
    second.stop();
    await secondEnded;
  });

  it('puts no secret into history or log when an activity fails with one in its message', async () => {
    const { worker, lifecycle, stop } = await startWorker('drain-c', '1');
    const ended = lifecycle.run(worker);
    const run = await start('drain-c', 'fail');
    await expect(run.result()).rejects.toThrow();
    const history = JSON.stringify(await run.fetchHistory());
    expect(history).toContain('could not log in');
    stop();
    await ended;
    await telemetry.metricsPage();
    for (const text of [history, Buffer.from(history).toString(), lines]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(Buffer.from(CANARY).toString('base64').replace(/=+$/, ''));
    }
  });

  it("shows its own and Temporal's metrics on one page", async () => {
    telemetry.metrics.backupEnded(
      { namespace: 'demo', claim: 'app-config' },
      {
        outcome: 'Succeeded',
        runId: 'r',
        workflowId: 'w',
        finishedAt: '2026-01-01T00:00:00Z',
        durationSeconds: 3,
        bytes: 10,
        uploadedBytes: 4,
      },
    );
    const page = await telemetry.metricsPage();
    expect(page).toMatch(/stowage_runs_total\{.*kind="backup".*\} 1/);
    expect(page).toMatch(/stowage_backup_uploaded_bytes_total\{.*claim="app-config".*\} 4/);
    expect(page).toMatch(/stowage_backup_last_success_timestamp_seconds\{.*\} 1767225600/);
    expect(page).toContain('process_resident_memory_bytes');
    expect(page).toContain('temporal_worker_task_slots_available');
    expect(page).not.toContain(CANARY);
  });
});
