import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterClient } from '../../cli/cluster.ts';
import { type DeclaredManifest, labelOf } from '../../cli/declared-objects.ts';
import { CommandError } from '../../cli/errors.ts';
import { CONTROL_QUEUE } from '../../workflows/task-queues.ts';
import { quietRuntime } from '../servers/fake-worker.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';
import { claimOf, condition, destinationObject, sourceObject, volsyncStatus } from './declared.ts';
import { expectGolden } from './golden.ts';
import { type CliRunOptions, stowage } from './run-cli.ts';

const now = new Date('2026-11-23T12:00:00Z');
const acting = {
  acting: true,
  seen: ['Deployment volsync-system/volsync wants 1 replicas'],
  deployments: ['volsync-system/volsync'],
};

let server: DevServer;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  quietRuntime();
  server = await startDevServer();
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: CONTROL_QUEUE,
    workflowsPath: fileURLToPath(new URL('./fake-workflows.ts', import.meta.url)),
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

/** A cluster with these objects, which notes what is done to them. */
function clusterOf(objects: readonly DeclaredManifest[], more: Partial<ClusterClient> = {}) {
  const done: string[] = [];
  const cluster: Partial<ClusterClient> = {
    declared: async (kind) => objects.filter((object) => object.kind === kind),
    async setControl(object, control) {
      done.push(`${control} ${labelOf(object)}`);
      return true;
    },
    async withdraw(object) {
      done.push(`withdraw ${labelOf(object)}`);
      return true;
    },
    ...more,
  };
  return { cluster, done };
}

const cli = (args: string, options: CliRunOptions) =>
  stowage(args.split(' '), { now, ...options, env: { STOWAGE_TEMPORAL_ADDRESS: server.address, ...options.env } });

const claims = [claimOf('app-config'), claimOf('tight'), claimOf('lost')];
const volsyncs = [
  sourceObject({ status: volsyncStatus, kopia: { actions: { before: 'sync' } } }),
  sourceObject({
    name: 'tight-src',
    status: volsyncStatus,
    spec: { sourcePVC: 'tight' },
    kopia: { retain: { daily: 7 } },
  }),
  sourceObject({ name: 'lost-src', status: volsyncStatus, spec: { sourcePVC: 'lost' } }),
  sourceObject({ name: 'wrong', status: volsyncStatus, kopia: { copyMethod: 'Magic' } }),
  destinationObject({ status: volsyncStatus }),
];

describe('stowage adopt', () => {
  it('shows and changes nothing until told (exit 3)', async () => {
    const { cluster, done } = clusterOf(volsyncs);
    const { exitCode, stdout } = await cli('adopt', { cluster, claims });
    expect({ exitCode, done }).toEqual({ exitCode: 3, done: [] });
    await expectGolden('adopt', stdout);
  });

  it('asks the person at the terminal, and takes no for an answer', async () => {
    const { cluster, done } = clusterOf(volsyncs);
    expect((await cli('adopt', { cluster, claims, answer: false })).exitCode).toBe(3);
    expect(done).toEqual([]);
    expect((await cli('adopt', { cluster, claims, answer: true })).exitCode).toBe(0);
    expect(done).toEqual(['adopted demo/app-src', 'adopted demo/tight-src', 'adopted demo/app-dst']);
  });

  it('refuses while VolSync acts, says how to stop it, and names nothing as ready', async () => {
    const { cluster, done } = clusterOf(volsyncs, { volsync: async () => acting });
    const told = await cli('adopt --yes', { cluster, claims });
    expect({ exitCode: told.exitCode, done }).toEqual({ exitCode: 1, done: [] });
    expect(told.stderr).toContain('kubectl -n volsync-system scale deploy volsync --replicas=0');
    const shown = await cli('adopt --json', { cluster, claims });
    expect(shown.exitCode).toBe(3);
    const { sources } = JSON.parse(shown.stdout);
    expect(sources.map(({ state }: { state: string }) => state).sort()).toEqual([
      ...['Invalid', 'VolSyncActs', 'VolSyncActs', 'VolSyncActs'],
    ]);
  });

  it('adopts, and holds what a tighter retention would remove until it is approved by name', async () => {
    const { cluster, done } = clusterOf(volsyncs);
    const { exitCode, stdout } = await cli('adopt --yes', { cluster, claims });
    expect({ exitCode, done }).toEqual({
      exitCode: 0,
      done: ['adopted demo/app-src', 'adopted demo/tight-src', 'adopted demo/app-dst'],
    });
    expect(stdout).toContain('to agree: stowage backup tight -n demo --source tight-src --approve-retention');
    await expect(server.client.workflow.getHandle('backup/demo/tight-src').describe()).rejects.toThrow();

    const approved = await cli('adopt tight-src --yes --approve-retention tight-src --json', { cluster, claims });
    expect(JSON.parse(approved.stdout)).toMatchObject({ started: ['backup/demo/tight-src'] });
    const { events } = await server.client.workflow.getHandle('backup/demo/tight-src').fetchHistory();
    const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(data ?? []).toString())).toMatchObject({
      source: 'tight-src',
      declared: true,
      approveRetention: true,
    });
  });

  it('takes a source without snapshots only by name', async () => {
    const { cluster, done } = clusterOf(volsyncs);
    await cli('adopt lost-src --yes', { cluster, claims });
    expect(done).toEqual(['adopted demo/lost-src']);
    const unknown = await cli('adopt lots-src --yes', { cluster, claims });
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('lots-src') });
  });

  it('says what could not be changed, and goes on with the others', async () => {
    const { cluster } = clusterOf(volsyncs, { setControl: async (object) => object.metadata.name !== 'app-src' });
    const { exitCode, stderr } = await cli('adopt --yes', { cluster, claims });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ReplicationSource demo/app-src: it is not there any more');
    expect(stderr).toContain('Adopted: 2 objects');
  });
});

describe('stowage release', () => {
  const own = { conditions: [condition('Protected', 'True', 'BackupProven')] };
  const objects = [
    sourceObject({ status: own, control: 'adopted' }),
    sourceObject({ name: 'busy', status: { ...own, lastSyncStartTime: '2026-11-23T11:59:00Z' } }),
    destinationObject({ status: own }),
  ];

  it('shows and changes nothing until told (exit 3)', async () => {
    const { cluster, done } = clusterOf(objects);
    const { exitCode, stdout } = await cli('release', { cluster });
    expect({ exitCode, done }).toEqual({ exitCode: 3, done: [] });
    await expectGolden('release', stdout);
  });

  it('says the word before it takes the marks off, and leaves what is under way', async () => {
    const { cluster, done } = clusterOf(objects);
    const { exitCode, stderr } = await cli('release --yes', { cluster });
    expect(done).toEqual([
      ...['released demo/app-src', 'withdraw demo/app-src', 'released demo/app-dst', 'withdraw demo/app-dst'],
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('1 with a run under way were left');
    expect(stderr).toContain('scale deploy volsync --replicas=1');
  });
});

describe('stowage plan', () => {
  const { cluster } = clusterOf([
    sourceObject(),
    sourceObject({ name: 'wrong', spec: { trigger: { schedule: 'often' } } }),
  ]);

  it('shows (exit 3), applies, and finds nothing afterwards', async () => {
    const planned = await cli('plan -n demo', { cluster, claims });
    expect(planned).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('+ backup/demo/app-src  create: Every hour'),
    });
    expect(planned.stdout).toContain('! ReplicationSource demo/wrong  invalid: spec.trigger.schedule: ');
    expect((await cli('plan -n demo --apply', { cluster, claims })).exitCode).toBe(0);
    const again = await cli('plan -n demo --json', { cluster, claims });
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ changes: [], unchanged: ['backup/demo/app-src'] });
  });

  it('refuses to delete all schedules until it is allowed to', async () => {
    const { cluster: empty } = clusterOf([]);
    const refused = await cli('plan --apply', { cluster: empty });
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--allow-deletions') });
    const allowed = await cli('plan --apply --allow-deletions --json', { cluster: empty });
    expect(JSON.parse(allowed.stdout)).toMatchObject({
      applied: [{ kind: 'Delete', scheduleId: 'backup/demo/app-src' }],
    });
  });
});

describe('stowage coverage', () => {
  it('ends with 4 while a claim is not protected, and with 0 when all are', async () => {
    const good = { lastSyncTime: '2026-11-23T11:30:00Z', conditions: [condition('Protected', 'True', 'BackupProven')] };
    const { cluster } = clusterOf([sourceObject({ status: good })]);
    const { exitCode, stdout } = await cli('coverage', { cluster, claims });
    expect(exitCode).toBe(4);
    expect(stdout).toContain('1 of 3 claims are protected');
    const all = await cli('coverage -n demo --json', { cluster, claims: claims.slice(0, 1) });
    expect(all.exitCode).toBe(0);
    expect(JSON.parse(all.stdout)).toMatchObject({ protected: 1, of: 1 });
  });

  it('answers for one namespace to somebody who may see no other, and says what the answer lacks', async () => {
    const forbidden = (what: string) =>
      new CommandError(`the cluster does not let you ${what} (HTTP 403)`, { type: 'Forbidden' });
    const { cluster } = clusterOf([sourceObject()], {
      declared: async (kind, namespace) => {
        if (namespace === undefined) throw forbidden('list in all namespaces');
        return kind === 'ReplicationSource' ? [sourceObject()] : [];
      },
      volsync: async () => {
        throw forbidden('list leases');
      },
    });
    const some = await cli('coverage -n demo --json', { cluster, claims: claims.slice(0, 1) });
    expect(JSON.parse(some.stdout)).toMatchObject({ claims: [{ verdict: 'NeverBackedUp' }] });
    expect(some.stderr).toContain('only namespace demo is looked at');
    expect((await cli('coverage', { cluster, claims })).exitCode).toBe(35);
    // Whether VolSync works decides over an adoption: nobody takes over on a guess.
    expect((await cli('adopt -n demo --yes', { cluster, claims })).exitCode).toBe(35);
  });
});
