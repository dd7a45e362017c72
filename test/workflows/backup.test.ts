import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure, type WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupRecord, BackupVolumeResult } from '../../workflows/backup/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { failure, moverResult, succeedingActivities, summary } from './stubs.ts';

const request = { namespace: 'demo', claim: 'app-config' };
const stubs = succeedingActivities([]);

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

describe('backupVolume', () => {
  it('checks, captures, moves, proves, records and cleans up in that order, in at most 40 history events', async () => {
    const { calls, result, events } = await harness.start('backupVolume', request);
    expect(calls[0]).toBe('preflightBackup');
    expect(calls.slice(1, 3).sort()).toEqual(['captureVolume', 'openRepository']);
    expect(calls.slice(3)).toEqual(['runBackupMover', 'readBackSnapshot', 'recordBackup', 'cleanUpBackup']);
    expect(result).toMatchObject({
      outcome: 'Succeeded',
      snapshotId: 'new',
      uploadedBytes: 30,
      removedSnapshots: ['oldest'],
      snapshotsKept: 2,
    } satisfies Partial<BackupVolumeResult>);
    expect(events).toBeLessThanOrEqual(40);
  });

  it('does not capture a volume that is mounted directly', async () => {
    const { calls } = await harness.start('backupVolume', { ...request, copyMethod: 'Direct' });
    expect(calls).not.toContain('captureVolume');
    expect(calls).toContain('runBackupMover');
  });

  it('sets all six retention tiers before the mover runs: 24 hourly, 7 daily, every other 0', async () => {
    let seen: unknown;
    const { calls } = await harness.start('backupVolume', request, {
      openRepository: async (input) => {
        seen = input.retain;
        return { snapshotIds: [], policyChanged: true };
      },
    });
    expect(seen).toEqual({ latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 });
    expect(calls.indexOf('openRepository')).toBeLessThan(calls.indexOf('runBackupMover'));
  });

  it('ends as InvalidInput naming each wrong field, and touches nothing', async () => {
    const { error, calls } = await harness.start('backupVolume', {
      namespace: 'Demo',
      retain: { hourly: -1 },
      clam: 'x',
    });
    const failed = ending(error);
    expect(failed.type).toBe('InvalidInput');
    for (const field of ['namespace', 'claim', 'retain.hourly', 'clam']) expect(failed.message).toContain(field);
    expect(calls).toEqual([]);
  });

  it('records and cleans up after a failure, stopping the mover, and ends with the first failure', async () => {
    let record: BackupRecord | undefined;
    let stopMover: boolean | undefined;
    const { error, calls } = await harness.start('backupVolume', request, {
      runBackupMover: async () => {
        throw failure('WrongPassword', 'the repository refused the password');
      },
      recordBackup: async (input) => {
        record = input.record;
      },
      cleanUpBackup: async (input) => {
        stopMover = input.stopMover;
        return { removed: [] };
      },
    });
    const failed = ending(error);
    expect(failed.type).toBe('WrongPassword');
    expect(failed.message).toContain('KOPIA_PASSWORD');
    expect(calls.filter((name) => name === 'runBackupMover')).toHaveLength(1);
    expect(record).toMatchObject({ outcome: 'Failed', failure: { type: 'WrongPassword' } });
    expect(stopMover).toBe(true);
  });

  it('says at its end which source it began for', async () => {
    const uids: (string | undefined)[] = [];
    const recordBackup = async ({ sourceUid }: { sourceUid?: string }) => void uids.push(sourceUid);
    const preflightBackup = async () => ({
      ...(await stubs.preflightBackup({} as never)),
      sourceUid: 'uid-of-app-src',
    });
    await harness.start('backupVolume', request, { recordBackup, preflightBackup });
    const runBackupMover = async () => {
      throw failure('WrongPassword', 'no');
    };
    await harness.start('backupVolume', request, { recordBackup, preflightBackup, runBackupMover });
    expect(uids).toEqual(['uid-of-app-src', 'uid-of-app-src']);
  });

  it('retries what can help by itself: an evicted mover runs again', async () => {
    let attempts = 0;
    const { result } = await harness.start('backupVolume', request, {
      runBackupMover: async () => {
        attempts += 1;
        if (attempts < 3) throw failure('Evicted');
        return moverResult();
      },
    });
    expect(attempts).toBe(3);
    expect(result).toMatchObject({ outcome: 'Succeeded' });
  });

  it.each([
    ['incomplete', { incomplete: 'canceled' }],
    ['with unreadable files', { unreadable: 2, unreadablePaths: ['/data/a', '/data/b'] }],
  ])('never counts a snapshot that is %s as a success', async (_name, more) => {
    const { error, calls } = await harness.start('backupVolume', request, {
      runBackupMover: async () => moverResult(more),
    });
    expect(ending(error).type).toBe('SnapshotIncomplete');
    expect(calls).not.toContain('readBackSnapshot');
    expect(calls).toContain('cleanUpBackup');
  });

  it('believes neither side when the snapshot read back differs from what the mover said', async () => {
    const { error } = await harness.start('backupVolume', request, {
      readBackSnapshot: async () => ({ snapshot: summary('new', { files: 2 }), snapshotIds: ['new'] }),
    });
    expect(ending(error)).toMatchObject({
      type: 'SnapshotIncomplete',
      message: expect.stringContaining('files: mover 3, repository 2'),
    });
  });

  it('starts no mover when the repository is not the known one, and waits for the capture to stop before it cleans up', async () => {
    const order: string[] = [];
    const { error, calls } = await harness.start('backupVolume', request, {
      openRepository: async () => {
        throw failure('RepositoryChanged');
      },
      captureVolume: async () => {
        while (!Context.current().cancellationSignal.aborted) {
          Context.current().heartbeat();
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        order.push('capture stopped');
        throw Context.current().cancellationSignal.reason;
      },
      cleanUpBackup: async () => {
        order.push('clean up');
        return { removed: [] };
      },
    });
    expect(ending(error).type).toBe('RepositoryChanged');
    expect(calls).not.toContain('runBackupMover');
    expect(order).toEqual(['capture stopped', 'clean up']);
  });

  it('cleans up and records after a cancel, and ends as canceled', async () => {
    let started: () => void = () => undefined;
    const moving = new Promise<void>((resolve) => {
      started = resolve;
    });
    let outcome: string | undefined;
    const { error, calls } = await harness.start(
      'backupVolume',
      request,
      {
        runBackupMover: async () => {
          started();
          const context = Context.current();
          const beat = setInterval(() => context.heartbeat(), 50);
          try {
            return await context.cancelled;
          } finally {
            clearInterval(beat);
          }
        },
        recordBackup: async (input) => {
          outcome = input.record.outcome;
        },
      },
      async (handle) => {
        await moving;
        await handle.cancel();
      },
    );
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
    expect(calls).toContain('cleanUpBackup');
    expect(outcome).toBe('Canceled');
  });

  describe('of a source that suddenly shrank', () => {
    const shrunk = {
      openRepository: async () => ({
        previous: summary('old', { files: 1000, bytes: 50_000_000 }),
        snapshotIds: ['old'],
        policyChanged: false,
      }),
    };
    const held = {
      openRepository: async () => ({ ...(await shrunk.openRepository()), previous: summary('small'), held: {} }),
    };
    const run = async (change: object, more: object = {}) => {
      let record: BackupRecord | undefined;
      let hold: unknown;
      const outcome = await harness.start(
        'backupVolume',
        { ...request, ...more },
        {
          ...change,
          recordBackup: async (input) => {
            record = input.record;
          },
          holdRetention: async (input) => {
            hold = input;
          },
        },
      );
      return { ...outcome, record, hold, result: outcome.result as BackupVolumeResult };
    };

    it('succeeds, holds the retention before it records, and says so with the last good snapshot', async () => {
      const { calls, result, record, hold } = await run(shrunk);
      expect(calls.slice(-4)).toEqual(['readBackSnapshot', 'holdRetention', 'recordBackup', 'cleanUpBackup']);
      expect(result).toMatchObject({
        outcome: 'Succeeded',
        suspicious: { shrink: { before: { id: 'old' }, after: { id: 'new', files: 3 } } },
      });
      expect(record).toMatchObject({ outcome: 'Succeeded', suspicious: result.suspicious });
      expect(hold).toMatchObject({ identity: { username: 'app-src' }, retain: { hourly: 24 } });
    });

    it('stays suspicious in each further run, without another write', async () => {
      const { calls, record } = await run(held);
      expect(record?.suspicious?.message).toContain('--approve-shrink');
      expect(calls).not.toContain('holdRetention');
    });

    it('is not suspicious once a person approves, and the repository is told', async () => {
      let approved: boolean | undefined;
      const openRepository = async (input: { readonly approveShrink: boolean }) => {
        approved = input.approveShrink;
        return await shrunk.openRepository();
      };
      const { calls, result, record } = await run({ openRepository }, { approveShrink: true });
      expect(approved).toBe(true);
      expect(calls).not.toContain('holdRetention');
      expect(result).not.toHaveProperty('suspicious');
      expect(record).not.toHaveProperty('suspicious');
    });

    it('does not claim a hold that could not be set: the run fails, and the next one holds', async () => {
      const holdRetention = async () => {
        throw failure('RepositoryChanged');
      };
      const { error, calls } = await harness.start('backupVolume', request, { ...shrunk, holdRetention });
      expect(ending(error).type).toBe('RepositoryChanged');
      expect(calls).toContain('cleanUpBackup');
    });
  });

  it('fails as CleanupFailed when something of the run is left over, although the backup is proven', async () => {
    const { error } = await harness.start('backupVolume', request, {
      cleanUpBackup: async () => {
        throw ApplicationFailure.nonRetryable('VolumeSnapshot demo/x is still there', 'CleanupFailed');
      },
    });
    expect(ending(error).type).toBe('CleanupFailed');
  });

  it('says which role is missing when nobody stands beside the repository', async () => {
    const { error } = await harness.start('backupVolume', {
      ...request,
      repository: 'nobody',
      startDeadlineSeconds: 15,
    });
    expect(ending(error)).toMatchObject({ type: 'RepositoryUnreachable' });
  });

  it('retries a failed clean-up until it succeeds', async () => {
    const { result } = await harness.start('backupVolume', request, {
      cleanUpBackup: async () => {
        if (activityInfo().attempt < 3) throw failure('CleanupFailed');
        return { removed: [] };
      },
    });
    expect(result).toMatchObject({ outcome: 'Succeeded' });
  });
});
