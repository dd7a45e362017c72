import { describe, expect, test } from 'vitest';
import { createControlActivities } from '../../../activities/control-activities.ts';
import type { BackupRecord } from '../../../workflows/backup/contract.ts';
import { FailureType } from '../../../workflows/failures.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { backupStep, failureOf, NAMESPACE, OWN_RUN, restoreStep, smallWorld } from '../small-world.ts';

const CLAIM = { namespace: NAMESPACE, name: 'app-config' };

async function world(withClaim = true) {
  const cluster = new InMemoryCluster({ namespaces: [NAMESPACE, 'stowage-system'] });
  if (withClaim) {
    await cluster.create('PersistentVolumeClaim', {
      metadata: CLAIM,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
  }
  const small = smallWorld(cluster);
  return { ...small, cluster, activities: createControlActivities(small.dependencies) };
}

const succeeded: BackupRecord = {
  outcome: 'Succeeded',
  runId: OWN_RUN.runId,
  workflowId: OWN_RUN.workflowId,
  finishedAt: '2026-11-23T12:00:00Z',
  snapshotId: 'cc2610eb6d80ed3eac60519c6a6e5a16',
  files: 3,
  bytes: 30,
  durationSeconds: 2.5,
};
const failed: BackupRecord = {
  ...succeeded,
  outcome: 'Failed',
  failure: { type: FailureType.WrongPassword, message: 'the password does not open this repository' },
};

describe('the record of a backup', () => {
  test('a success stands on the claim with an event that describe finds, in two requests', async () => {
    const { activities, run, cluster } = await world();
    const before = { ...cluster.requestCounts() };
    await run(() => activities.recordBackup({ ...backupStep(), record: succeeded }));
    const claim = await cluster.get('PersistentVolumeClaim', CLAIM);
    expect(JSON.parse(claim!.metadata!.annotations!['stowage.dev/last-backup']!)).toEqual(succeeded);
    const [event] = await cluster.list('Event', { namespace: NAMESPACE });
    expect(event).toMatchObject({
      reason: 'BackupSucceeded',
      type: 'Normal',
      involvedObject: { kind: 'PersistentVolumeClaim', uid: claim!.metadata!.uid },
    });
    expect(cluster.requestCounts()['patch PersistentVolumeClaim']).toBe(1);
    expect(before['create Event']).toBeUndefined();
  });

  test('a failure leaves the last success standing; the next success clears it', async () => {
    const { activities, run, cluster } = await world();
    await run(() => activities.recordBackup({ ...backupStep(), record: succeeded }));
    await run(() => activities.recordBackup({ ...backupStep(), record: failed }));
    const annotations = async () => (await cluster.get('PersistentVolumeClaim', CLAIM))!.metadata!.annotations!;
    expect(JSON.parse((await annotations())['stowage.dev/last-failure']!)).toMatchObject({
      type: 'WrongPassword',
      runId: OWN_RUN.runId,
    });
    expect((await annotations())['stowage.dev/last-backup']).toContain(succeeded.snapshotId);
    await run(() => activities.recordBackup({ ...backupStep(), record: succeeded }));
    expect((await annotations())['stowage.dev/last-failure']).toBeUndefined();
  });

  test('written twice it makes one event, and a claim that is gone is no error', async () => {
    const { activities, run, cluster } = await world();
    for (let i = 0; i < 2; i++) await run(() => activities.recordBackup({ ...backupStep(), record: failed }));
    expect(await cluster.list('Event', { namespace: NAMESPACE })).toHaveLength(1);
    const none = await world(false);
    await none.run(() => none.activities.recordBackup({ ...backupStep(), record: succeeded }));
    expect(await none.cluster.list('Event', { namespace: NAMESPACE })).toEqual([]);
  });
});

test('the record of a restore is told at the claim, a failure at the destination too', async () => {
  const { activities, run, cluster } = await world();
  const base = { finishedAt: '2026-11-23T12:00:00Z', durationSeconds: 3, message: 'differs' };
  await run(() =>
    activities.recordRestore({ ...restoreStep(), result: { ...base, outcome: 'Restored', snapshotId: 's' } }),
  );
  await run(() =>
    activities.recordRestore({
      ...restoreStep(),
      result: { ...base, outcome: 'Failed', failure: { type: 'RestoreMismatch', message: 'differs' } },
    }),
  );
  const events = await cluster.list('Event', { namespace: NAMESPACE });
  expect(
    events.map(({ reason, type, involvedObject }) => [reason, type, involvedObject.kind, involvedObject.name]).sort(),
  ).toEqual([
    ['RestoreFailed', 'Warning', 'PersistentVolumeClaim', 'app-config'],
    ['RestoreFailed', 'Warning', 'ReplicationDestination', 'app-dst'],
    ['Restored', 'Normal', 'PersistentVolumeClaim', 'app-config'],
  ]);
});

describe('the record of a repository', () => {
  test('remembers the intent before, and the unique id after its creation', async () => {
    const { activities, run } = await world();
    const read = () => run(() => activities.readRepositoryRecord({ repository: 'kopia' }));
    await expect(read()).resolves.toEqual({});
    await run(() => activities.recordRepositoryIntent({ repository: 'kopia', runId: 'r1' }));
    await expect(read()).resolves.toEqual({ creatingRun: 'r1' });
    await run(() =>
      activities.recordRepositoryIdentity({ repository: 'kopia', uniqueId: 'aa', runId: 'r1', replace: false }),
    );
    await expect(read()).resolves.toEqual({ uniqueId: 'aa' });
    await run(() => activities.recordRepositoryIntent({ repository: 'kopia', runId: 'r2' }));
    await expect(read()).resolves.toEqual({ uniqueId: 'aa' });
  });

  test('replaces a unique id only when a person asked for it', async () => {
    const { activities, run } = await world();
    const record = (uniqueId: string, replace: boolean) =>
      run(() => activities.recordRepositoryIdentity({ repository: 'kopia', uniqueId, runId: 'r', replace }));
    await record('aa', false);
    expect(await failureOf(record('bb', false))).toMatchObject({
      type: FailureType.RepositoryExists,
      retryable: false,
    });
    await record('bb', true);
    await expect(run(() => activities.readRepositoryRecord({ repository: 'kopia' }))).resolves.toEqual({
      uniqueId: 'bb',
    });
  });

  test('remembers where in its volume an adopted repository lies, and forgets it when it lies at the root', async () => {
    const { activities, run } = await world();
    const record = (path?: string) =>
      run(() =>
        activities.recordRepositoryIdentity({
          ...{ repository: 'kopia', uniqueId: 'aa', runId: 'r', replace: true },
          ...(path ? { path } : {}),
        }),
      );
    const read = () => run(() => activities.readRepositoryRecord({ repository: 'kopia' }));
    await record('repository');
    await expect(read()).resolves.toEqual({ uniqueId: 'aa', path: 'repository' });
    await record();
    await expect(read()).resolves.toEqual({ uniqueId: 'aa' });
  });
});
