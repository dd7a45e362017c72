import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../cli/errors.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import { desiredDrills } from '../../schedules/drills.ts';
import { creationOf } from '../../schedules/temporal-options.ts';
import type { MoverProgress } from '../../workflows/progress.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { declared } from '../schedules/manifests.ts';
import { quietRuntime } from '../servers/fake-worker.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';
import { type CliRunOptions, stowage } from './run-cli.ts';

let server: DevServer;
let stopWorker: () => Promise<void>;

/** Opens the gate of the activity that plays a mover. */
let moverMayEnd = (): void => undefined;

beforeAll(async () => {
  quietRuntime();
  server = await startDevServer();
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: CONTROL_QUEUE,
    workflowsPath: fileURLToPath(new URL('./fake-workflows.ts', import.meta.url)),
    activities: { followMover },
  });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
});
afterAll(async () => {
  await stopWorker();
  await server.kill();
});
afterEach(() => moverMayEnd());

let attempts = 0;

/** Fails once, then reports progress until it may end. */
async function followMover(): Promise<void> {
  if (++attempts % 2 === 1) throw ApplicationFailure.retryable('0/1 nodes are available', 'Unschedulable');
  let ended = false;
  moverMayEnd = () => {
    ended = true;
  };
  const progress: MoverProgress = { jobName: 'volsync-src-moving', state: 'Running', percent: 45, bytesDone: 450 };
  while (!ended) {
    heartbeat(progress);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const cli = (args: string, options: CliRunOptions = {}) =>
  stowage(args.split(' '), { ...options, env: { STOWAGE_TEMPORAL_ADDRESS: server.address, ...options.env } });

const until = (condition: () => unknown) => expect.poll(condition, { timeout: 15_000 }).toBeTruthy();
const inputOf = async (workflowId: string): Promise<unknown> => {
  const { events } = await server.client.workflow.getHandle(workflowId).fetchHistory();
  const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(data ?? []).toString());
};

describe('stowage backup', () => {
  it('starts, follows and tells: the result on standard output, the way on standard error', async () => {
    const { exitCode, stdout, stderr } = await cli('backup app-config -n demo', {
      env: { STOWAGE_TEMPORAL_UI: 'http://ui.example' },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Backed up: snapshot a{32}\n/);
    expect(stderr).toMatch(
      /^Started backup\/demo\/app-src\nhttp:\/\/ui\.example\/namespaces\/default\/workflows\/backup%2Fdemo%2Fapp-src\/[0-9a-f-]+\/history\n✓ Preflight {8}80 ms\n✓ Mover {12}1\.23 s\n$/,
    );
    const described = await server.client.workflow.getHandle('backup/demo/app-src').describe();
    expect(described).toMatchObject({ type: 'backupVolume', taskQueue: 'control' });
    expect(await described.staticSummary()).toBe('Backup of demo/app-config to kopia');
    expect(described.searchAttributes).toMatchObject({ StowageClaim: ['app-config'], StowageNamespace: ['demo'] });
  });

  it('says as JSON what happened, also when the run fails, and ends with the failure type’s code', async () => {
    const good = await cli('backup app-config -n demo --json');
    expect(JSON.parse(good.stdout)).toMatchObject({
      workflowId: 'backup/demo/app-src',
      joined: false,
      outcome: 'Completed',
      result: { outcome: 'Succeeded', files: 3 },
    });
    const bad = await cli('backup locked -n demo --json');
    expect(bad.exitCode).toBe(18);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      outcome: 'Failed',
      exitCode: 18,
      failure: {
        type: 'WrongPassword',
        message: 'it does not open',
        remedy: expect.stringContaining('KOPIA_PASSWORD'),
      },
    });
    expect(bad.stderr).toContain('WrongPassword: it does not open\n→ Put the password');
    expect((await cli('backup broken -n demo')).exitCode).toBe(1);
  });

  it('refuses wrong flags before anything starts', async () => {
    const { exitCode, stderr } = await cli('backup never-started -n demo --secret Not_A_Name');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('secretName: must be a Kubernetes name');
    await expect(server.client.workflow.getHandle('backup/demo/never-started-src').describe()).rejects.toThrow();
  });

  it('tells attempts and progress of the mover while it runs', async () => {
    const { exitCode, stderr } = await cli('backup moving -n demo', {
      onStderr: (text) => text.includes('45 %') && moverMayEnd(),
    });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('  followMover: attempt 2 after Unschedulable: 0/1 nodes are available\n');
    expect(stderr).toContain('  45 %, 450 B\n');
  });

  it('joins a run that is under way, by hand or by a schedule, and says so', async () => {
    await cli('backup waiting -n demo --no-wait');
    const [first, second] = await Promise.all([
      cli('backup waiting -n demo --no-wait --json'),
      cli('watch waiting -n demo --json', finishing('backup/demo/waiting-src')),
    ]);
    expect(JSON.parse(first.stdout)).toMatchObject({ joined: true, outcome: 'Started' });
    expect(first.stderr).toContain('Joined the run that is under way (backup/demo/waiting-src)');
    expect(JSON.parse(second.stdout)).toMatchObject({ outcome: 'Completed' });

    const scheduled = 'backup/demo/waiting-src-2026-11-23T12:00:00Z';
    await server.client.workflow.start('backupVolume', {
      taskQueue: CONTROL_QUEUE,
      workflowId: scheduled,
      args: [{ namespace: 'demo', claim: 'waiting' }],
    });
    const joined = await untilJson('backup waiting -n demo --no-wait --json', (json) => json.joined === true);
    expect(joined).toMatchObject({ workflowId: scheduled });
    await server.client.workflow.getHandle(scheduled).signal('finish');
    const own = server.client.workflow.getHandle('backup/demo/waiting-src');
    if ((await own.describe()).status.name === 'RUNNING') await own.signal('finish');
  });

  it('uses what a schedule declares for the claim, whatever its source is called', async () => {
    const [schedule] = desiredSchedules(
      [declared({ name: 'odd-name', spec: { sourcePVC: 'data' }, kopia: { retain: { daily: 30 }, username: 'emby' } })],
      { startAtOnce: false },
    );
    if (!schedule) throw new Error('a schedule expected');
    await server.client.schedule.create(creationOf(schedule));
    await until(async () =>
      (await cli('backup data -n demo')).stderr.includes('As declared by schedule backup/demo/odd-name'),
    );
    expect(await inputOf('backup/demo/odd-name')).toMatchObject({
      source: 'odd-name',
      retain: { daily: 30, hourly: 0 },
    });
    const listed = await cli('snapshots data -n demo --json');
    const [found] = JSON.parse(listed.stdout).snapshots;
    expect(JSON.parse(found.tags.input)).toEqual({
      namespace: 'demo',
      claim: 'data',
      source: 'odd-name',
      identity: { username: 'emby' },
    });
    await server.client.schedule.getHandle(schedule.scheduleId).delete();
  });

  it('detaches on Ctrl-C, says how to go on, and leaves the run alone', async () => {
    const { exitCode, stderr } = await cli('restore waiting -n demo', {
      onFollowing: (interrupt) => interrupt(),
    });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('stowage watch --workflow-id restore/demo/waiting');
    expect(stderr).toContain('temporal workflow cancel --workflow-id restore/demo/waiting');
    const handle = server.client.workflow.getHandle('restore/demo/waiting');
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.cancel();
    const watched = await cli('watch --workflow-id restore/demo/waiting');
    expect(watched).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Canceled: the run was canceled') });
  });
});

describe('the other commands', () => {
  it('a restore of a claim that exists is done, not failed, and can be asked for again', async () => {
    for (const _ of [1, 2]) {
      const { exitCode, stdout } = await cli('restore app-config -n demo --as-of 2026-11-23T12:00:00Z');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^demo\/app-config exists: nothing was touched\n/);
    }
    expect(await inputOf('restore/demo/app-config')).toEqual({
      namespace: 'demo',
      claim: 'app-config',
      snapshot: { asOf: '2026-11-23T12:00:00Z' },
    });
  });

  it('fifty restores asked for at once are one run', async () => {
    const runs = await Promise.all(Array.from({ length: 50 }, () => cli('restore waiting -n fifty --no-wait --json')));
    const answers = runs.map(({ stdout }) => JSON.parse(stdout));
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
    expect(answers.filter(({ joined }) => !joined)).toHaveLength(1);
    await server.client.workflow.getHandle('restore/fifty/waiting').signal('finish');
  });

  it('a drill by hand is the one that is declared: repository, identity and check', async () => {
    const [schedule] = desiredDrills([declared({ name: 'drilled-src', spec: { sourcePVC: 'drilled-config' } })], []);
    const { settings } = schedule!;
    const check = { image: 'alpine/sqlite', command: ['true'] };
    const request = { ...settings.request, check };
    await server.client.schedule.create(creationOf({ ...schedule!, settings: { ...settings, request } }));
    const { exitCode, stdout } = await cli('drill drilled-config -n demo --previous 1');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('alpine/sqlite') });
    expect(await inputOf('drill/demo/drilled-src')).toEqual({
      ...{ namespace: 'demo', claim: 'drilled-config', snapshot: { previous: 1 }, check },
    });
    expect((await cli('drill locked -n demo')).exitCode).toBe(18);
  });

  it('a drill joins the one that a schedule started', async () => {
    const workflowId = 'drill/demo/waiting-src-2026-11-23T10:00:00Z';
    const args = [{ namespace: 'demo', claim: 'waiting' }];
    const handle = await server.client.workflow.start('drillVolume', { taskQueue: CONTROL_QUEUE, workflowId, args });
    const query = `WorkflowId STARTS_WITH 'drill/demo/waiting-src' AND ExecutionStatus = 'Running'`;
    await until(async () => (await server.client.workflow.count(query)).count === 1);
    const { stdout } = await cli('drill waiting -n demo --no-wait --json');
    expect(JSON.parse(stdout)).toMatchObject({ joined: true, workflowId });
    await handle.signal('finish');
  });

  it('init creates, or adopts when asked to', async () => {
    expect((await cli('init')).stdout).toMatch(/^Repository kopia was created\n/);
    expect((await cli('init other --adopt')).stdout).toMatch(/^Repository other was adopted/);
    expect(await inputOf('init/other')).toEqual({ repository: 'other', adopt: true });
  });

  it('watch says when there is nothing to watch, and how the newest run ended', async () => {
    expect((await cli('watch nothing -n demo')).stdout).toBe(
      'Temporal knows no run of restore/demo/nothing or backup/demo/nothing-src.\n',
    );
    await cli('backup locked -n demo');
    await until(async () => (await cli('watch locked -n demo')).exitCode === 18);
  });

  it('status joins schedules, runs and claims, and shows Temporal’s part when the cluster is away', async () => {
    const sources = [declared({ name: 'app-src' }), declared({ name: 'db-src', spec: { sourcePVC: 'db-config' } })];
    const schedules = desiredSchedules(sources, { startAtOnce: false });
    for (const schedule of schedules) await server.client.schedule.create(creationOf(schedule));
    const claims = [{ namespace: 'demo', name: 'app-config', phase: 'Bound' }];
    const json = await untilJson('status -n demo --json', (found) => found.volumes.length >= 2, { claims });
    expect(json.volumes).toMatchObject([
      { claim: 'app-config', phase: 'Bound', schedules: [{ scheduleId: 'backup/demo/app-src', paused: false }] },
      { claim: 'db-config', phase: 'Missing' },
    ]);
    const away = await cli('status db-config -n demo', {
      claims: new CommandError('the Kubernetes API does not answer', {
        type: 'ClusterUnreachable',
      }),
    });
    expect(away).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('cluster: the Kubernetes API does not answer'),
    });
    expect(away.stdout).toContain('backup/demo/db-src');
    for (const { scheduleId } of schedules) await server.client.schedule.getHandle(scheduleId).delete();
  });

  it('schedules plan shows (exit 3), apply does, and a second plan finds nothing', async () => {
    const stdin = await readFile(fileURLToPath(new URL('./replication-source.yaml', import.meta.url)), 'utf8');
    const planned = await cli('schedules plan -f - --no-first-run', { stdin });
    expect(planned).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('+ backup/planned/app-src  create: Every hour'),
    });
    expect((await cli('schedules apply -f - --no-first-run', { stdin })).exitCode).toBe(0);
    expect(await cli('schedules plan -f - --no-first-run', { stdin })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing to change, 1 as declared'),
    });
    await server.client.schedule.getHandle('backup/planned/app-src').delete();
  });

  it('schedules apply --prune refuses to delete everything, and changes nothing then', async () => {
    const [schedule] = desiredSchedules([declared({ name: 'only-one' })], { startAtOnce: false });
    if (!schedule) throw new Error('a schedule expected');
    await server.client.schedule.create(creationOf(schedule));
    await until(async () => (await cli('schedules apply -f - --prune')).stderr.includes('it would delete all'));
    expect(await cli('schedules apply -f - --prune')).toMatchObject({ exitCode: 1 });
    expect((await cli('schedules apply -f - --prune --allow-deletions')).exitCode).toBe(0);
    await expect(server.client.schedule.getHandle(schedule.scheduleId).describe()).rejects.toThrow();
  });
});

/** Lets the run end as soon as the command follows it. */
const finishing = (workflowId: string): CliRunOptions => ({
  onFollowing: () => {
    void server.client.workflow.getHandle(workflowId).signal('finish');
  },
});

/** Asks again until the list, which lags a moment behind, shows it. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of a command, whose shape is what is tested
async function untilJson(args: string, good: (json: any) => boolean, options: CliRunOptions = {}): Promise<any> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const json = JSON.parse((await cli(args, options)).stdout);
    if (good(json)) return json;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`stowage ${args} never said what was expected`);
}
