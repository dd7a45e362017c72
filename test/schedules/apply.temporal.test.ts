import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { applyPlan, PlanRefused } from '../../schedules/apply.ts';
import { readCurrentSchedules } from '../../schedules/current.ts';
import { type DesiredOptions, desiredSchedules } from '../../schedules/desired.ts';
import { type DeletionPolicy, planSchedules, type SchedulePlan } from '../../schedules/plan.ts';
import { spreadOffsetSeconds } from '../../schedules/spread.ts';
import { type DevServer, startDevServer } from '../servers/temporal-dev-server.ts';
import { declared } from './manifests.ts';

const allow: DeletionPolicy = { mode: 'Allow', atMost: 0 };
let server: DevServer;

beforeAll(async () => {
  server = await startDevServer();
}, 60_000);
afterAll(async () => {
  await server.kill();
});

const quiet: DesiredOptions = { startAtOnce: false };

async function planFor(sources: DeclaredSource[], policy = allow, options = quiet): Promise<SchedulePlan> {
  const desired = desiredSchedules(sources, options);
  const ids = desired.map(({ scheduleId }) => scheduleId);
  return planSchedules(desired, await readCurrentSchedules(server.client.schedule, ids), policy);
}

async function reconcile(sources: DeclaredSource[], policy = allow, options = quiet): Promise<string[]> {
  const applied = await applyPlan(server.client.schedule, await planFor(sources, policy, options));
  return applied.map(({ change, error }) => `${change.kind} ${change.scheduleId}${error ? ` failed: ${error}` : ''}`);
}

const handle = (name: string) => server.client.schedule.getHandle(`backup/demo/${name}`);

/** Until the server's list, which lags behind, shows exactly these. */
async function untilListed(names: readonly string[]): Promise<void> {
  await expect.poll(listed, { timeout: 20_000 }).toEqual(names.map((name) => `backup/demo/${name}`).sort());
}

async function listed(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId } of server.client.schedule.list()) ids.push(scheduleId);
  return ids.sort();
}

describe('schedules on a real Temporal server', () => {
  it('are made as declared; the same declaration then changes nothing; removing it removes them', async () => {
    const sources = ['0 * * * *', '*/15 8-18 * * 1-5', '0 0 1 * 1', 'CRON_TZ=Europe/Berlin 30 2 * * *', '@monthly'].map(
      (schedule, index) =>
        declared({ name: `round-${index}`, spec: { trigger: { schedule } }, kopia: { retain: { daily: 3 } } }),
    );
    expect(await reconcile(sources)).toEqual(sources.map(({ name }) => `Create backup/demo/${name}`));
    expect((await planFor(sources)).changes).toEqual([]);

    const [first] = sources;
    if (!first?.schedule) throw new Error('a schedule expected');
    const next = (await handle('round-0').describe()).info.nextActionTimes[0];
    const offset = spreadOffsetSeconds('backup/demo/round-0', first.schedule, 120);
    expect(next && (next.getTime() / 1000) % 3600).toBe(offset);

    await untilListed(sources.map(({ name }) => name));
    expect(await reconcile([])).toHaveLength(sources.length);
    await untilListed([]);
  }, 60_000);

  it('read well in the UI: summary, details and a sentence about when', async () => {
    await reconcile([declared({ name: 'readable' })]);
    const { spec, action, memo } = await handle('readable').describe();
    expect(spec.calendars?.[0]?.comment).toMatch(/^Every hour \(0 \* \* \* \* UTC\)/);
    expect(action.staticSummary).toBe('Backup of demo/app-config to kopia');
    expect(action.staticDetails).toContain('ReplicationSource `readable`');
    expect(memo).toEqual({ 'stowage.dev/managed-by': 'stowage' });
    await handle('readable').delete();
  });

  it('that somebody changed by hand are brought back, and an operator keeps the pause', async () => {
    const source = declared({ name: 'drifted' });
    await reconcile([source]);
    await handle('drifted').pause('disk swap until Friday');
    await handle('drifted').update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '1m' }] },
      policies: { ...previous.policies, catchupWindow: '365d' },
    }));
    const plan = await planFor([source]);
    expect(plan.changes).toMatchObject([
      {
        kind: 'Update',
        differing: ['calendars', 'catchUpSeconds', 'extras'],
      },
    ]);
    expect(plan.heldByOperator).toEqual([{ scheduleId: 'backup/demo/drifted', note: 'disk swap until Friday' }]);
    await applyPlan(server.client.schedule, plan);
    const { state, spec } = await handle('drifted').describe();
    expect(state).toMatchObject({ paused: true, note: 'disk swap until Friday' });
    expect(spec.intervals).toEqual([]);
    expect((await planFor([source])).changes).toEqual([]);
    await handle('drifted').delete();
  });

  it('follow spec.paused both ways, saying who paused and why', async () => {
    const running = declared({ name: 'held' });
    const paused = declared({ name: 'held', spec: { paused: true } });
    await reconcile([running]);
    expect(await reconcile([paused])).toEqual(['Pause backup/demo/held']);
    expect((await handle('held').describe()).state).toMatchObject({
      paused: true,
      note: 'Stowage: spec.paused is true in ReplicationSource demo/held',
    });
    expect(await reconcile([running])).toEqual(['Unpause backup/demo/held']);
    expect((await handle('held').describe()).state.paused).toBe(false);
    await handle('held').delete();
  });

  it('that Stowage did not make are left alone, even when they have the very name', async () => {
    await server.client.schedule.create({
      scheduleId: 'backup/demo/foreign',
      spec: {},
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    });
    const plan = await planFor([declared({ name: 'foreign' })]);
    expect(plan).toMatchObject({ changes: [], foreign: ['backup/demo/foreign'] });
    // A plan that was made before it appeared meets it at the server.
    const late = planSchedules(desiredSchedules([declared({ name: 'foreign' })]), []);
    expect((await applyPlan(server.client.schedule, late))[0]?.error).toContain('Stowage did not make');
    expect((await handle('foreign').describe()).action.workflowType).toBe('other');
    await handle('foreign').delete();
  });

  it('made by another at the same moment are brought to what is declared', async () => {
    const late = planSchedules(desiredSchedules([declared({ name: 'raced', spec: { paused: true } })], quiet), []);
    await reconcile([declared({ name: 'raced', kopia: { parallelism: 7 } })]);
    expect(await applyPlan(server.client.schedule, late)).toMatchObject([{ change: { kind: 'Create' } }]);
    const { action, state } = await handle('raced').describe();
    expect(action.args).toEqual([expect.not.objectContaining({ parallelism: 7 })]);
    expect(state.paused).toBe(true);
    await handle('raced').delete();
  });

  it('start a run at once for a source that never ran, and none for one that did', async () => {
    const sources = [
      declared({ name: 'never-ran' }),
      declared({ name: 'ran-before', status: { lastSyncTime: '2025-11-21T00:01:09Z' } }),
    ];
    await reconcile(sources, allow, {});
    await expect.poll(async () => (await handle('never-ran').describe()).info.numActionsTaken).toBe(1);
    expect((await handle('ran-before').describe()).info.numActionsTaken).toBe(0);
    const [run] = (await handle('never-ran').describe()).info.recentActions;
    const started = await server.client.workflow.getHandle(run?.action.workflow.workflowId ?? '').describe();
    expect(started).toMatchObject({ type: 'backupVolume', taskQueue: 'control' });
    for (const { name } of sources) await handle(name).delete();
  });

  it('are not changed at all by a plan that would delete them all', async () => {
    await reconcile([declared({ name: 'kept' })]);
    await untilListed(['kept']);
    const refused = await planFor([], { mode: 'Bounded', atMost: 10 });
    await expect(applyPlan(server.client.schedule, refused)).rejects.toThrow(PlanRefused);
    expect((await handle('kept').describe()).scheduleId).toBe('backup/demo/kept');
    await handle('kept').delete();
  });

  it('that the server refuses fail one by one, with its own words', async () => {
    const [bad, good] = desiredSchedules([declared({ name: 'bad' }), declared({ name: 'good' })], quiet);
    if (!bad || !good) throw new Error('two schedules expected');
    const broken = { ...bad, settings: { ...bad.settings, timeZone: 'Nowhere/City' } };
    const applied = await applyPlan(server.client.schedule, planSchedules([broken, good], []));
    expect(applied.map(({ error }) => error ?? 'done')).toEqual([expect.stringContaining('Nowhere/City'), 'done']);
    await handle('good').delete();
  });
});
