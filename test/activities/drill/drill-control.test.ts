import { afterEach, describe, expect, test } from 'vitest';
import { buildDrillCheckJob } from '../../../activities/drill/check-job.ts';
import { DRILLS_KEPT, type DrillRecord, readDrills } from '../../../api/drill-record.ts';
import { resolveDrill } from '../../../api/drill-request.ts';
import type { RunReference } from '../../../workflows/backup/contract.ts';
import type { DrillCheckInput } from '../../../workflows/drill/contract.ts';
import type { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { failureOf, NAMESPACE, OWN_RUN, restorePlan, runOf, settings, UNIQUE_ID } from '../small-world.ts';
import { createRestoreWorld, STAGING, TARGET } from '../volume/restore-world.ts';

const THROW_AWAY = { namespace: NAMESPACE, name: 'stowage-drill-app-src-staging' };
const CHECK = { namespace: NAMESPACE, name: 'stowage-drill-app-src-check' };
const HISTORY = { namespace: 'stowage-system', name: 'stowage-drills-demo.app-src' };

const named = { image: 'sqlite', command: ['true'] };

function inputOf(run: RunReference = OWN_RUN): DrillCheckInput {
  const { restore, check } = resolveDrill({ namespace: NAMESPACE, claim: 'app-config', check: named });
  return { run, request: restore, plan: restorePlan, check: check! };
}

let cluster: InMemoryCluster;
afterEach(() => cluster?.verifyControllers());

async function world() {
  const made = await createRestoreWorld();
  cluster = made.cluster;
  return made;
}

describe('the throw-away claim of a drill', () => {
  test('is beside the claim of the application and that of a restore, and goes with its Jobs', async () => {
    const { activities, run, claim } = await world();
    await claim('app-config');
    await claim(STAGING.name);
    const before = await cluster.get('PersistentVolumeClaim', TARGET);
    await expect(run(() => activities.stageDrill(inputOf()))).resolves.toEqual({ stagingClaim: THROW_AWAY.name });
    expect((await cluster.get('PersistentVolumeClaim', THROW_AWAY))?.spec).toMatchObject({ storageClassName: 'fast' });
    await cluster.create('Job', buildDrillCheckJob(inputOf(), settings));
    const { removed } = await run(() => activities.cleanUpDrill(inputOf()));
    expect(removed).toEqual([`Job demo/${CHECK.name}`, `PersistentVolumeClaim demo/${THROW_AWAY.name}`]);
    expect(await cluster.list('Job', { namespace: NAMESPACE })).toEqual([]);
    expect(await cluster.get('PersistentVolumeClaim', TARGET)).toEqual(before);
    expect(await cluster.get('PersistentVolumeClaim', STAGING)).toBeDefined();
  });

  test('is not made while another drill of the source runs, and that one is left alone', async () => {
    const { activities, run, runs } = await world();
    const other = runOf('other');
    runs.add(other);
    await run(() => activities.stageDrill(inputOf(other)));
    await cluster.create('Job', buildDrillCheckJob(inputOf(other), settings));
    expect(await failureOf(run(() => activities.stageDrill(inputOf())))).toMatchObject({
      type: 'VolumeBusy',
      retryable: true,
    });
    await expect(run(() => activities.cleanUpDrill(inputOf()))).resolves.toEqual({ removed: [] });
    expect(await cluster.list('Job', CHECK)).toHaveLength(1);
    expect(await cluster.get('PersistentVolumeClaim', THROW_AWAY)).toBeDefined();
  });

  test('of a drill that was terminated is removed with its check before the next one', async () => {
    const { activities, run } = await world();
    const old = runOf('terminated');
    await run(() => activities.stageDrill(inputOf(old)));
    const left = await cluster.get('PersistentVolumeClaim', THROW_AWAY);
    await cluster.create('Job', buildDrillCheckJob(inputOf(old), settings));
    await run(() => activities.stageDrill(inputOf()));
    expect((await cluster.get('PersistentVolumeClaim', THROW_AWAY))?.metadata?.uid).not.toBe(left?.metadata?.uid);
    expect(await cluster.list('Job', CHECK)).toEqual([]);
  });

  test('may stand where an object of somebody else has its name: that is never removed', async () => {
    const { activities, run, claim } = await world();
    await claim(THROW_AWAY.name);
    expect(await failureOf(run(() => activities.stageDrill(inputOf())))).toMatchObject({
      type: 'VolumeBusy',
      retryable: false,
    });
    expect(await cluster.get('PersistentVolumeClaim', THROW_AWAY)).toBeDefined();
  });
});

describe('the preflight of a drill', () => {
  test('tells what the claim is like, and does without one', async () => {
    const { activities, run, claim } = await world();
    const usable = {
      privileged: false,
      repositoryUniqueId: UNIQUE_ID,
      repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
    };
    await expect(run(() => activities.preflightDrill(inputOf()))).resolves.toEqual(usable);
    await claim('app-config');
    await expect(run(() => activities.preflightDrill(inputOf()))).resolves.toEqual({
      ...usable,
      claim: { capacity: '10Gi', storageClassName: 'fast', accessModes: ['ReadWriteOnce'] },
    });
  });

  test('refuses a Secret that is missing', async () => {
    const { activities, run } = await world();
    await cluster.delete('Secret', { namespace: NAMESPACE, name: 'app-volsync-secret' });
    expect(await failureOf(run(() => activities.preflightDrill(inputOf())))).toMatchObject({ type: 'SecretMissing' });
  });
});

const record = (day: number, change: Partial<DrillRecord> = {}): DrillRecord => ({
  ...{ namespace: NAMESPACE, claim: 'app-config', source: 'app-src', repository: 'kopia', identity: 'a@b:/c' },
  ...{ workflowId: 'drill/demo/app-src', runId: `run-${day}`, outcome: 'Passed', message: 'was restored' },
  startedAt: '2026-11-01T00:00:00.000Z',
  finishedAt: new Date(Date.UTC(2026, 10, day)).toISOString(),
  durationSeconds: 12.5,
  ...change,
});

describe('the history of a source', () => {
  const history = async () => readDrills((await cluster.get('ConfigMap', HISTORY))?.data);

  test(`keeps the last ${DRILLS_KEPT} drills, the newest first, and one that is written twice once`, async () => {
    const { activities, run } = await world();
    for (let day = 1; day <= DRILLS_KEPT + 3; day++) {
      await run(() => activities.recordDrill({ ...inputOf(), record: record(day) }));
    }
    await run(() => activities.recordDrill({ ...inputOf(), record: record(DRILLS_KEPT + 3) }));
    const found = await history();
    expect(found).toHaveLength(DRILLS_KEPT);
    expect(found[0]).toEqual(record(DRILLS_KEPT + 3));
    expect(found.at(-1)).toEqual(record(4));
  });

  test('passes over what somebody else wrote there', async () => {
    const { activities, run } = await world();
    await run(() => activities.recordDrill({ ...inputOf(), record: record(1) }));
    await cluster.patch('ConfigMap', HISTORY, { data: { note: 'not JSON', other: '{"outcome":"Passed"}' } });
    expect(await history()).toEqual([record(1)]);
  });

  test('does not keep the whole output of a check', async () => {
    const { activities, run } = await world();
    const message = `${'x'.repeat(5000)} the end`;
    const failure = { type: 'CheckFailed', message };
    await run(() =>
      activities.recordDrill({ ...inputOf(), record: record(1, { outcome: 'Failed', message, failure }) }),
    );
    const [found] = await history();
    expect(found?.failure?.message).toHaveLength(1000);
    expect(found?.message).toMatch(/^….* the end$/);
  });

  test('is told at the source, or else at the claim', async () => {
    const { activities, run, claim } = await world();
    const step = inputOf();
    const tell = (day: number, change: Partial<DrillRecord> = {}) =>
      run(() => activities.recordDrill({ ...step, run: runOf(String(day)), record: record(day, change) }));
    await claim('app-config');
    await tell(1);
    await cluster.create('ReplicationSource', { metadata: { namespace: NAMESPACE, name: 'app-src' }, spec: {} });
    await tell(2, { outcome: 'Failed', failure: { type: 'RestoreMismatch', message: 'a: other content' } });
    const events = await cluster.list('Event', { namespace: NAMESPACE });
    const told = events.map(({ reason, type, involvedObject, message }) => [
      reason,
      type,
      involvedObject.kind,
      message,
    ]);
    expect(told.sort()).toEqual([
      ['DrillFailed', 'Warning', 'ReplicationSource', 'RestoreMismatch: a: other content'],
      ['DrillPassed', 'Normal', 'PersistentVolumeClaim', 'was restored'],
    ]);
  });
});
