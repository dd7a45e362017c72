import { afterEach, describe, expect, test } from 'vitest';
import { buildBackupJob } from '../../../activities/mover/backup-job.ts';
import { createMoverActivities } from '../../../activities/mover-activities.ts';
import { buildSnapshotClaim } from '../../../activities/volume/claims.ts';
import { FailureType } from '../../../workflows/failures.ts';
import { claimBinder } from '../../fakes/claim-binder.ts';
import { InMemoryCluster } from '../../fakes/in-memory-cluster.ts';
import { type ContainerScript, type JobRunnerOptions, jobRunner } from '../../fakes/job-runner.ts';
import { backupInput, backupPlan, failureOf, NAMESPACE, OWN_RUN, runOf, settings, smallWorld } from '../small-world.ts';

const JOB = { namespace: NAMESPACE, name: 'volsync-src-app-src' };

const resultLine = (changes: object = {}): string =>
  JSON.stringify({
    id: 'cc2610eb6d80ed3eac60519c6a6e5a16',
    source: { host: 'demo', userName: 'app-src', path: '/data' },
    startTime: '2026-11-23T12:00:00.000Z',
    endTime: '2026-11-23T12:00:00.250Z',
    rootEntry: {
      obj: 'k3e7b03c864f2de386a02a8ded6c8ff12',
      summ: { size: 30, files: 3, symlinks: 0, dirs: 1, numFailed: 0 },
    },
    ...changes,
  });

const succeed: ContainerScript = ({ log }) => {
  log(resultLine());
  return { exitCode: 0 };
};

/** Runs until its pod is removed. */
const hang: ContainerScript = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve({ exitCode: 143 }), { once: true }));

let cluster: InMemoryCluster;
afterEach(() => cluster.verifyControllers());

function world(run: ContainerScript, options: Omit<JobRunnerOptions, 'run'> = {}, page?: string) {
  let pods = 0;
  let most = 0;
  let now = 0;
  const counted: ContainerScript = async (container) => {
    pods++;
    most = Math.max(most, ++now);
    try {
      return await run(container);
    } finally {
      now--;
    }
  };
  cluster = new InMemoryCluster({
    namespaces: [NAMESPACE],
    controllers: [jobRunner({ run: counted, ...options }), claimBinder()],
    ...(page === undefined ? {} : { scraper: () => page }),
  });
  const small = smallWorld(cluster);
  const activities = createMoverActivities(small.dependencies);
  return { ...small, activities, pods: () => pods, mostAtOnce: () => most };
}

const podName = (): string => cluster.store.list('Pod')[0]!.metadata.name;

describe('a mover that ends well', () => {
  test('is judged by the line in its log, while its pod still runs', async () => {
    const { activities, run } = world(async ({ log, signal }) => {
      log('{"noise": true}');
      log(resultLine());
      return await hang({ signal } as never);
    });
    await expect(run(() => activities.runBackupMover(backupInput()))).resolves.toMatchObject({
      snapshotId: 'cc2610eb6d80ed3eac60519c6a6e5a16',
      files: 3,
      directories: 1,
      bytes: 30,
      unreadable: 0,
      kopiaMilliseconds: 250,
    });
    expect(cluster.store.get('Job', JOB)).toBeDefined();
  });

  test('is posted together with clone and cache, and costs few requests', async () => {
    const { activities, run } = world(succeed);
    await run(() =>
      activities.runBackupMover(
        backupInput({
          plan: { ...backupPlan, cacheClaimExists: false },
          capture: { dataClaim: 'volsync-app-src-src', volumeSnapshot: 'volsync-app-src-src' },
        }),
      ),
    );
    expect(cluster.requestCounts()).toEqual({
      'create Job': 1,
      'create PersistentVolumeClaim': 2,
      'watch Pod': 1,
      'log Pod': 1,
    });
    const clone = await cluster.get('PersistentVolumeClaim', { ...JOB, name: 'volsync-app-src-src' });
    expect(clone?.spec?.dataSource).toMatchObject({ kind: 'VolumeSnapshot', name: 'volsync-app-src-src' });
    const cache = await cluster.get('PersistentVolumeClaim', { ...JOB, name: 'kopia-cache-app' });
    expect(cache?.metadata?.labels?.['stowage.dev/run']).toBeUndefined();
  });

  test('hands unreadable entries on as data, also when Kopia exits with an error', async () => {
    const summ = {
      size: 30,
      files: 3,
      dirs: 1,
      numFailed: 2,
      errors: [
        { path: 'a', error: 'x' },
        { path: 'b', error: 'x' },
      ],
    };
    const { activities, run } = world(({ log }) => {
      log(resultLine({ rootEntry: { obj: 'k1', summ } }));
      log('ERROR Found 2 fatal error(s) while snapshotting app-src@demo:/data.');
      return { exitCode: 1 };
    });
    await expect(run(() => activities.runBackupMover(backupInput()))).resolves.toMatchObject({
      unreadable: 2,
      unreadablePaths: ['a', 'b'],
    });
  });

  test("heartbeats its Job and Kopia's own counters", async () => {
    const page = 'kopia_content_hashed_bytes_total 500\nkopia_blob_upload_bytes_total 200\n';
    const { activities, run, heartbeats, clock } = world(
      async ({ log }) => {
        await clock.sleep(10_000);
        log(resultLine());
        return { exitCode: 0 };
      },
      {},
      page,
    );
    await run(() => activities.runBackupMover(backupInput({ expectedBytes: 1000 })));
    expect(heartbeats.at(-1)).toMatchObject({
      jobName: JOB.name,
      state: 'Running',
      bytesDone: 500,
      bytesUploaded: 200,
      percent: 50,
    });
  });
});

describe('one run, one mover', () => {
  test('an attempt after a crash follows the Job that its run has already', async () => {
    const { activities, run, pods, clock } = world(async ({ log }) => {
      await clock.sleep(5_000);
      log(resultLine());
      return { exitCode: 0 };
    });
    await cluster.create('Job', buildBackupJob(backupInput(), settings));
    await run(() => activities.runBackupMover(backupInput()), 2);
    expect(pods()).toBe(1);
  });

  test('a Job that ended while nobody looked is read, not repeated', async () => {
    const { activities, run, pods } = world(succeed);
    await cluster.create('Job', buildBackupJob(backupInput(), settings));
    await run(async () => {
      for await (const { object } of cluster.watch('Job', JOB, AbortSignal.timeout(5_000))) {
        if (object.status?.succeeded) break;
      }
    });
    await run(() => activities.runBackupMover(backupInput()), 2);
    expect(pods()).toBe(1);
  });

  test('a Job of its own that was killed is removed, then made anew; never two at once', async () => {
    let first = true;
    const { activities, run, pods, mostAtOnce } = world((container) => {
      if (!first) return succeed(container);
      first = false;
      return { exitCode: 137 };
    });
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.Evicted, retryable: true });
    await expect(run(() => activities.runBackupMover(backupInput()), 2)).resolves.toMatchObject({ files: 3 });
    expect([pods(), mostAtOnce()]).toEqual([2, 1]);
  });

  test("a Job of a closed run is removed first, and never taken for this run's", async () => {
    const { activities, run, pods, mostAtOnce } = world((container) =>
      container.job.metadata?.annotations?.['stowage.dev/run-id'] === OWN_RUN.runId
        ? succeed(container)
        : hang(container),
    );
    await cluster.create('Job', buildBackupJob(backupInput({ run: runOf('older') }), settings));
    await run(() => activities.runBackupMover(backupInput()));
    const jobs = await cluster.list('Job', { namespace: NAMESPACE });
    expect(jobs.map(({ metadata }) => metadata?.annotations?.['stowage.dev/run-id'])).toEqual([OWN_RUN.runId]);
    expect([pods(), mostAtOnce()]).toEqual([2, 1]);
  });

  test('a Job of a run that is open is left alone', async () => {
    const { activities, run, runs } = world(hang);
    runs.add(runOf('other'));
    await cluster.create('Job', buildBackupJob(backupInput({ run: runOf('other') }), settings));
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.VolumeBusy, retryable: true });
    const job = await cluster.get('Job', JOB);
    expect(job?.metadata?.deletionTimestamp).toBeUndefined();
  });

  test('a Job that is not ours at all is never removed', async () => {
    const { activities, run } = world(hang);
    const job = buildBackupJob(backupInput(), settings);
    await cluster.create('Job', { ...job, metadata: { ...job.metadata, annotations: {} } });
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.VolumeBusy, retryable: false });
    expect(await cluster.get('Job', JOB)).toBeDefined();
  });

  test('a mover that started on the clone of an older run is stopped and started on its own', async () => {
    const { activities, run, mostAtOnce } = world(succeed);
    const input = backupInput({ capture: { dataClaim: 'volsync-app-src-src', volumeSnapshot: 'volsync-app-src-src' } });
    const older = { ...input, run: runOf('older') };
    await cluster.create('PersistentVolumeClaim', buildSnapshotClaim(older, 'volsync-app-src-src'));
    await run(() => activities.runBackupMover(input));
    const clone = await cluster.get('PersistentVolumeClaim', { ...JOB, name: 'volsync-app-src-src' });
    expect(clone?.metadata?.annotations?.['stowage.dev/run-id']).toBe(OWN_RUN.runId);
    expect(mostAtOnce()).toBe(1);
  });
});

describe('a mover that is taken away', () => {
  test('is Evicted and retried when its pod is deleted', async () => {
    const { activities, start, clock } = world(hang);
    const { result } = start(() => activities.runBackupMover(backupInput()));
    await clock.until(untilRunning());
    await cluster.delete('Pod', { namespace: NAMESPACE, name: podName() });
    expect(await failureOf(clock.until(result))).toMatchObject({ type: FailureType.Evicted, retryable: true });
  });

  test('never counts when Kopia exits with 0 after a SIGTERM', async () => {
    const { activities, run } = world(({ log }) => {
      log(resultLine({ incomplete: 'canceled' }));
      return { exitCode: 0 };
    });
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.Evicted, retryable: true });
  });

  test('goes on without its follower when the activity is cancelled', async () => {
    const { activities, start, clock } = world(hang);
    const { result, cancel } = start(() => activities.runBackupMover(backupInput()));
    await clock.until(untilRunning());
    cancel();
    await expect(clock.until(result)).rejects.toMatchObject({ name: 'CancelledFailure' });
    const job = await cluster.get('Job', JOB);
    expect(job?.metadata?.deletionTimestamp).toBeUndefined();
  });
});

describe('a mover that can not succeed', () => {
  test('is stopped as soon as its log says that the repository is full', async () => {
    const { activities, run, clock } = world((container) => {
      container.log(
        'ERROR async write error: unable to complete PutBlobInPath:/repository/p/1.f despite 10 retries: no space left on device',
      );
      return hang(container);
    });
    const before = clock.now();
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.RepositoryFull, retryable: false });
    expect(clock.now() - before).toBeLessThan(30_000);
    expect(await cluster.get('Job', JOB)).toBeUndefined();
  });

  test.each([
    ['ERROR open repository: unable to open repository: invalid repository password', FailureType.WrongPassword, false],
    [
      'ERROR open repository: cannot open storage: cannot access storage path: stat /repository: no such file or directory',
      FailureType.RepositoryNotFound,
      false,
    ],
  ])('%s', async (line, type, retryable) => {
    const { activities, run } = world(({ log }) => {
      log(line);
      return { exitCode: 1 };
    });
    expect(await failureOf(run(() => activities.runBackupMover(backupInput())))).toMatchObject({ type, retryable });
  });

  test('is OutOfMemory when the kernel killed it, whatever it said before', async () => {
    const { activities, run } = world(({ log }) => {
      log('ERROR something else');
      return { exitCode: 137, reason: 'OOMKilled' };
    });
    expect(await failureOf(run(() => activities.runBackupMover(backupInput())))).toMatchObject({
      type: FailureType.OutOfMemory,
    });
  });

  test("is explained by the end of its log in the pod's status where the log itself is gone", async () => {
    const { activities, run } = world(() => ({
      exitCode: 1,
      message: 'ERROR open repository: invalid repository password',
    }));
    expect(await failureOf(run(() => activities.runBackupMover(backupInput())))).toMatchObject({
      type: FailureType.WrongPassword,
    });
  });
});

describe('a mover that does not start', () => {
  test('is named within 15 s and keeps its Job for the next attempt', async () => {
    const stuck = { reason: 'ErrImageNeverPull', message: 'image is not present' };
    const { activities, run, clock } = world(succeed, { stuck: () => stuck });
    const before = clock.now();
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.ImageUnavailable, retryable: true });
    expect(failed.message).toContain('ErrImageNeverPull');
    expect(clock.now() - before).toBeLessThanOrEqual(15_000);
    expect(cluster.requestCounts()['create Job']).toBe(1);
    expect(await cluster.get('Job', JOB)).toBeDefined();
    await failureOf(run(() => activities.runBackupMover(backupInput()), 2));
    expect(cluster.requestCounts()['delete Job']).toBeUndefined();
  });

  test('is given up for good after its deadline', async () => {
    const stuck = { reason: 'ErrImagePull', message: 'no such image' };
    const { activities, run, clock } = world(succeed, { stuck: () => stuck });
    await cluster.create('Job', buildBackupJob(backupInput(), settings));
    await clock.until(clock.sleep(600_000));
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput()), 5));
    expect(failed).toMatchObject({ type: FailureType.ImageUnavailable, retryable: false });
  });

  test("names the provisioner's own words when a claim is not provisioned", async () => {
    const { activities, run } = world(succeed, { stuck: () => ({ reason: 'ContainerCreating', message: '' }) });
    await cluster.create('Event', {
      metadata: { namespace: NAMESPACE, name: 'why' },
      involvedObject: { kind: 'PersistentVolumeClaim', name: 'app-config' },
      type: 'Warning',
      reason: 'ProvisioningFailed',
      message: 'no space in the pool',
      lastTimestamp: new Date(Date.now() + 60_000),
    });
    const failed = await failureOf(run(() => activities.runBackupMover(backupInput())));
    expect(failed).toMatchObject({ type: FailureType.ProvisioningFailed, retryable: true });
    expect(failed.message).toContain('no space in the pool');
  });
});

async function untilRunning(): Promise<void> {
  for await (const { object } of cluster.watch('Pod', { namespace: NAMESPACE }, AbortSignal.timeout(5_000))) {
    if (object.status?.phase === 'Running') return;
  }
}
