import { describe, expect, test } from 'vitest';
import { createControlActivities } from '../../../activities/control-activities.ts';
import { watchReads } from '../../../activities/kubernetes/watched-reads.ts';
import { PortError } from '../../../activities/ports/port-error.ts';
import { preflightWatches } from '../../../activities/volume/preflight-watches.ts';
import type { BackupRequest } from '../../../api/backup-request.ts';
import { DECLARED_API_VERSION } from '../../../api/declared-object.ts';
import { describeSuspicion, suspicionOf } from '../../../api/suspicion.ts';
import type { BackupRecord } from '../../../workflows/backup/contract.ts';
import { FaultPlan } from '../../fakes/fault-plan.ts';
import { faultyCluster } from '../../fakes/faulty-cluster.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { backupPlan, backupStep, failureOf, NAMESPACE, OWN_RUN, smallWorld, UNIQUE_ID } from '../small-world.ts';

const SOURCE = { namespace: NAMESPACE, name: 'app-src' };
const CLAIM = { namespace: NAMESPACE, name: 'app-config' };
const before = {
  lastSyncTime: '2026-11-23T11:00:00Z',
  lastSyncDuration: '3s',
  lastManualSync: 'before',
  latestMoverStatus: { result: 'Successful', logs: 'as it was' },
};

async function world({ source = true, watched = false } = {}) {
  const inner = new InMemoryCluster({ namespaces: [NAMESPACE, 'stowage-system'] });
  for (const name of ['app-config', 'kopia']) {
    await inner.create('PersistentVolumeClaim', {
      metadata: { namespace: NAMESPACE, name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    inner.update('PersistentVolumeClaim', { namespace: NAMESPACE, name }, { status: { phase: 'Bound' } });
  }
  await inner.create('Secret', {
    metadata: { namespace: NAMESPACE, name: 'app-volsync-secret' },
    data: { KOPIA_PASSWORD: 'eA==' },
  });
  await inner.create('ConfigMap', {
    metadata: { namespace: 'stowage-system', name: 'stowage-repository-kopia' },
    data: { uniqueId: UNIQUE_ID },
  });
  if (source) {
    const metadata = { ...SOURCE };
    await inner.create('ReplicationSource', {
      apiVersion: DECLARED_API_VERSION,
      kind: 'ReplicationSource',
      metadata,
      spec: { sourcePVC: 'app-config' },
    });
    // VolSync wrote it: an ordinary update, under no manager of ours.
    await inner.patch('ReplicationSource', SOURCE, { status: before }, { subresource: 'status' });
  }
  const plan = new FaultPlan();
  const faulty = faultyCluster(inner, plan);
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent };
  const cluster = watched ? watchReads(faulty, preflightWatches('stowage-system'), log) : faulty;
  const small = smallWorld(cluster);
  const activities = createControlActivities(small.dependencies);
  const status = async () => (await inner.get('ReplicationSource', SOURCE))?.status;
  const events = async () =>
    (await inner.list('Event', { namespace: NAMESPACE })).map(({ reason, involvedObject }) => [
      reason,
      involvedObject.kind,
      involvedObject.uid,
    ]);
  const begin = (more: Partial<BackupRequest> = {}) =>
    small.run(() => activities.preflightBackup(backupStep({ declared: true, ...more })));
  const end = (record: BackupRecord, more: Partial<BackupRequest> = {}) =>
    small.run(() => activities.recordBackup({ ...backupStep({ declared: true, ...more }), record }));
  return { ...small, inner, plan, activities, status, events, begin, end };
}

const succeeded: BackupRecord = {
  outcome: 'Succeeded',
  runId: OWN_RUN.runId,
  workflowId: OWN_RUN.workflowId,
  finishedAt: '2026-11-23T12:00:00.5Z',
  snapshotId: 'cc2610eb6d80ed3eac60519c6a6e5a16',
  files: 3,
  bytes: 30,
  durationSeconds: 2.5,
};
const failed: BackupRecord = {
  ...succeeded,
  outcome: 'Failed',
  failure: { type: 'WrongPassword', message: 'the password does not open this repository' },
};

describe('the status of a declared source', () => {
  test('says while a run is under way since when, and afterwards what came of it', async () => {
    const w = await world();
    const plan = await w.begin({ manual: 'now' });
    const uid = (await w.inner.get('ReplicationSource', SOURCE))?.metadata?.uid;
    expect(plan.sourceUid).toBe(uid);
    expect(await w.status()).toEqual({ ...before, lastSyncStartTime: expect.stringMatching(/^\d{4}-.*\d\dZ$/) });
    await w.end(succeeded, { manual: 'now' });
    expect(await w.status()).toEqual({
      lastSyncTime: '2026-11-23T12:00:00Z',
      lastSyncDuration: '2.5s',
      lastManualSync: 'now',
      latestMoverStatus: { result: 'Successful', logs: expect.stringContaining(succeeded.snapshotId!) },
    });
    expect(await w.events()).toEqual([['BackupSucceeded', 'ReplicationSource', uid]]);
  });

  test('of another source that took the name in the middle of the run says nothing of that run', async () => {
    const w = await world();
    const { sourceUid } = await w.begin();
    await w.inner.delete('ReplicationSource', SOURCE);
    await w.inner.create('ReplicationSource', { metadata: { ...SOURCE }, spec: { sourcePVC: 'app-config' } });
    const step = { ...backupStep({ declared: true }), sourceUid: sourceUid! };
    await w.run(() => w.activities.recordBackup({ ...step, record: succeeded }));
    expect(await w.status()).toBeUndefined();
    expect((await w.events()).map(([, kind]) => kind)).toEqual(['PersistentVolumeClaim']);
  });

  test('keeps the last sync through a failure and a cancel, and answers no manual trigger', async () => {
    const w = await world();
    await w.begin({ manual: 'now' });
    await w.end({ ...failed, outcome: 'Canceled' }, { manual: 'now' });
    expect(await w.status()).toEqual(before);
    await w.begin({ manual: 'now' });
    await w.end(failed, { manual: 'now' });
    expect(await w.status()).toEqual({
      ...before,
      latestMoverStatus: { result: 'Failed', logs: `WrongPassword: ${failed.failure!.message}` },
    });
  });

  test('leaves what the watch wrote alone', async () => {
    const w = await world();
    const watchs = { nextSyncTime: '2026-11-23T13:00:00Z', conditions: [] };
    await w.inner.applyStatus('ReplicationSource', SOURCE, watchs, 'stowage');
    await w.begin();
    await w.end(succeeded);
    expect(await w.status()).toMatchObject(watchs);
  });

  test('written twice is written once, and makes one event', async () => {
    const w = await world();
    const version = async () => (await w.inner.get('ReplicationSource', SOURCE))?.metadata?.resourceVersion;
    await w.begin();
    await w.end(succeeded);
    const first = await version();
    await w.end(succeeded);
    expect(await version()).toBe(first);
    expect(await w.events()).toHaveLength(1);
  });

  test('is not written at a run that may not begin: another one may be under way', async () => {
    const w = await world();
    w.runs.onClaim = [{ workflowId: 'other', runId: 'other', kind: 'Backup', startedAt: 1 }];
    expect((await failureOf(w.begin())).type).toBe('VolumeBusy');
    expect(await w.status()).toEqual(before);
  });

  test('tells of a claim that is gone: there is nothing else to tell it on', async () => {
    const w = await world();
    await w.inner.delete('PersistentVolumeClaim', CLAIM);
    const missing = { type: 'SourceMissing', message: 'claim demo/app-config does not exist' };
    await w.end({ ...failed, failure: missing });
    expect((await w.status())?.latestMoverStatus?.logs).toContain('SourceMissing: claim demo/app-config');
    expect((await w.events()).map(([reason, kind]) => [reason, kind])).toEqual([['BackupFailed', 'ReplicationSource']]);
  });

  test.each([
    ['is gone', (w: Awaited<ReturnType<typeof world>>) => w.inner.delete('ReplicationSource', SOURCE)],
    [
      'was handed back to VolSync',
      (w: Awaited<ReturnType<typeof world>>) =>
        w.inner.patch('ReplicationSource', SOURCE, {
          metadata: { annotations: { 'stowage.dev/control': 'released' } },
        }),
    ],
  ])('is not written where the source %s, and the backup is told of at its claim', async (_, happen) => {
    const w = await world();
    await happen(w);
    expect((await w.begin()).sourceUid).toBeUndefined();
    await w.end(succeeded);
    expect((await w.events()).map(([reason, kind]) => [reason, kind])).toEqual([
      ['BackupSucceeded', 'PersistentVolumeClaim'],
    ]);
    expect(w.inner.requestCounts()['patch ReplicationSource'] ?? 0).toBeLessThanOrEqual(2);
    expect((await w.inner.get('ReplicationSource', SOURCE))?.status ?? before).toEqual(before);
  });
});

describe('what a status costs', () => {
  test('nothing where no source declares the backup', async () => {
    const w = await world();
    const kinds = () => Object.entries(w.inner.requestCounts()).filter(([call]) => /Replication|Event/.test(call));
    const counted = kinds();
    const plan = await w.run(() => w.activities.preflightBackup(backupStep()));
    expect(plan).not.toHaveProperty('sourceUid');
    expect(kinds()).toEqual(counted);
    await w.run(() => w.activities.recordBackup({ ...backupStep(), record: succeeded }));
    expect(w.inner.requestCounts()['create Event']).toBe(1);
    expect(await w.status()).toEqual(before);
  });

  test('with the watch: a write at the start, and at the end a read of its own and a write', async () => {
    const w = await world({ watched: true });
    await expect.poll(() => w.inner.requestCounts()['watch ReplicationSource']).toBe(1);
    const counts = () => {
      const { 'get ReplicationSource': reads = 0, 'patch ReplicationSource': writes = 0 } = w.inner.requestCounts();
      return { reads, writes };
    };
    const start = counts();
    await w.begin();
    expect(counts()).toEqual({ reads: start.reads, writes: start.writes + 1 });
    await w.end(succeeded);
    expect(counts()).toEqual({ reads: start.reads + 1, writes: start.writes + 2 });
  });
});

describe('a status that can not be written', () => {
  const away = new PortError('ClusterUnreachable', 'planned');

  test('at the start stops nothing', async () => {
    const w = await world();
    w.plan.add({ method: 'applyStatus', kind: 'ReplicationSource', error: away });
    await expect(w.begin()).resolves.toMatchObject({ repositoryUniqueId: UNIQUE_ID });
    w.plan.verifyExercised();
  });

  test('at the end is tried again', async () => {
    const w = await world();
    w.plan.add({ method: 'applyStatus', kind: 'ReplicationSource', error: away });
    expect(await failureOf(w.end(succeeded))).toMatchObject({ type: 'ClusterUnreachable', retryable: true });
    await w.end(succeeded);
    expect(await w.status()).toMatchObject({ lastSyncTime: '2026-11-23T12:00:00Z' });
  });

  test('an event that can not be written is no failure', async () => {
    const w = await world();
    w.plan.add({ method: 'create', kind: 'Event', error: new PortError('Forbidden', 'planned') });
    await w.end(succeeded);
    expect(await w.events()).toEqual([]);
    expect(await w.status()).toMatchObject({ lastSyncTime: '2026-11-23T12:00:00Z' });
  });
});

describe('a suspicious backup', () => {
  const size = { id: 'a'.repeat(32), startTime: '2026-11-23T10:00:00Z', files: 1200, bytes: 5_000_000 };
  const suspicious = describeSuspicion({ namespace: NAMESPACE, claim: 'app-config' }, '2026-11-23T12:00:00Z', {
    before: size,
    after: { ...size, id: 'b'.repeat(32), files: 0, bytes: 0 },
  });

  test('stands on claim and source with its remedy, in an event of its own, until a run is not suspicious any more', async () => {
    const w = await world();
    await w.end({ ...succeeded, suspicious });
    const claim = () => w.inner.get('PersistentVolumeClaim', CLAIM);
    expect(suspicionOf(await claim(), 'app-src')).toEqual(suspicious);
    expect((await w.status())?.latestMoverStatus).toMatchObject({
      result: 'Successful',
      logs: expect.stringContaining('--approve-shrink'),
    });
    expect((await w.events()).map(([reason]) => reason).sort()).toEqual(['BackupSucceeded', 'Suspicious']);
    await w.end(failed);
    expect(suspicionOf(await claim(), 'app-src')).toEqual(suspicious);
    await w.end(succeeded);
    expect(suspicionOf(await claim(), 'app-src')).toBeUndefined();
  });
});

test('each step of a declared backup is told on its source, once, and of another one nowhere', async () => {
  const w = await world();
  const plan = { ...backupPlan, sourceUid: 'uid-of-source' };
  const step = backupStep({ declared: true, copyMethod: 'Clone' });
  for (let i = 0; i < 2; i++) await w.run(() => w.activities.captureVolume({ ...step, plan }));
  expect(await w.events()).toEqual([['PersistentVolumeClaimCreated', 'ReplicationSource', 'uid-of-source']]);
  const plain = await world();
  await plain.run(() => plain.activities.captureVolume({ ...backupStep({ copyMethod: 'Clone' }), plan: backupPlan }));
  expect(await plain.events()).toEqual([]);
});
