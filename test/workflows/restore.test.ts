import { Context } from '@temporalio/activity';
import type { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VolumePlan } from '../../workflows/restore/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { equalComparison, failure, summary, UNIQUE_ID } from './stubs.ts';

const request = { namespace: 'demo', claim: 'app-config' };

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

describe('restoreVolume', () => {
  it('chooses, stages, moves, compares, hands over, records and cleans up in that order', async () => {
    const { calls, result } = await harness.start('restoreVolume', request);
    expect(calls).toEqual([
      'preflightRestore',
      'selectSnapshot',
      'stageRestore',
      'runRestoreMover',
      'checkRestore',
      'handOver',
      'recordRestore',
      'cleanUpRestore',
    ]);
    expect(result).toMatchObject({ outcome: 'Restored', snapshotId: 'old', claimUid: 'uid-2', volumeName: 'pv-2' });
  });

  it('touches nothing when the claim exists, and says so', async () => {
    const { calls, result } = await harness.start('restoreVolume', request, {
      preflightRestore: async () => ({
        claimExists: true,
        handedOverByThisRun: false,
        privileged: false,
        repositoryUniqueId: UNIQUE_ID,
        repository: { kind: 'Volume', claim: 'kopia', path: '/repository' },
      }),
    });
    expect(calls).toEqual(['preflightRestore']);
    expect(result).toMatchObject({ outcome: 'TargetExists', message: expect.stringContaining('nothing was touched') });
  });

  it('makes the claim as the snapshot remembers it, and lets the request say otherwise', async () => {
    const plans: VolumePlan[] = [];
    const keep = {
      stageRestore: async (input: { plan: VolumePlan }) => {
        plans.push(input.plan);
        return { stagingClaim: 's' };
      },
    };
    await harness.start('restoreVolume', request, keep);
    await harness.start('restoreVolume', { ...request, capacity: '5Gi', accessModes: ['ReadWriteMany'] }, keep);
    expect(plans[0]).toMatchObject({ capacity: '1Gi', storageClassName: 'stowage', accessModes: ['ReadWriteOnce'] });
    expect(plans[1]).toMatchObject({ capacity: '5Gi', storageClassName: 'stowage', accessModes: ['ReadWriteMany'] });
  });

  it('asks for the capacity of a snapshot that does not say it, before anything is made', async () => {
    const { error, calls } = await harness.start('restoreVolume', request, {
      selectSnapshot: async () => ({ found: summary('old', { tags: {} }), skipped: 0 }),
    });
    expect(ending(error)).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('capacity') });
    expect(calls).not.toContain('stageRestore');
  });

  it('fails closed when nothing was ever backed up: no claim is made', async () => {
    const { error, calls } = await harness.start('restoreVolume', request, {
      selectSnapshot: async () => ({ skipped: 0 }),
    });
    expect(ending(error).type).toBe('SnapshotNotFound');
    expect(calls).not.toContain('handOver');
    expect(calls).not.toContain('createEmptyClaim');
  });

  it('starts empty on a first deployment only where the request allows it', async () => {
    const first = { ...request, whenNoSnapshot: 'Empty', capacity: '1Gi' };
    const { result, calls } = await harness.start('restoreVolume', first, {
      selectSnapshot: async () => ({ skipped: 0 }),
    });
    expect(result).toMatchObject({ outcome: 'StartedEmpty' });
    expect(calls).not.toContain('runRestoreMover');
  });

  it('does not take an unreadable repository for an empty one', async () => {
    const { error, calls } = await harness.start(
      'restoreVolume',
      { ...request, whenNoSnapshot: 'Empty', capacity: '1Gi' },
      {
        selectSnapshot: async () => {
          throw failure('RepositoryNotFound');
        },
      },
    );
    expect(ending(error).type).toBe('RepositoryNotFound');
    expect(calls).not.toContain('createEmptyClaim');
  });

  it('hands nothing over that differs from its snapshot', async () => {
    let handedOver: boolean | undefined;
    const { error, calls } = await harness.start('restoreVolume', request, {
      checkRestore: async () => ({
        ...equalComparison,
        mismatches: { count: 1, examples: ['a.txt: size 3 instead of 4'] },
      }),
      cleanUpRestore: async (input) => {
        handedOver = input.handedOver;
        return { removed: [] };
      },
    });
    expect(ending(error)).toMatchObject({ type: 'RestoreMismatch', message: expect.stringContaining('a.txt') });
    expect(calls).not.toContain('handOver');
    expect(handedOver).toBe(false);
  });

  it('makes no claim when it was cancelled, even where the check ended well all the same', async () => {
    let checking: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      checking = resolve;
    });
    const { error, calls } = await harness.start(
      'restoreVolume',
      request,
      {
        checkRestore: async () => {
          checking();
          const context = Context.current();
          const beat = setInterval(() => context.heartbeat(), 50);
          await context.cancelled.catch(() => clearInterval(beat));
          return equalComparison;
        },
      },
      async (handle) => {
        await reached;
        await handle.cancel();
      },
    );
    expect((error as WorkflowFailedError).cause?.name).toBe('CancelledFailure');
    expect(calls).not.toContain('handOver');
    expect(calls).toContain('cleanUpRestore');
  });

  it('hands over with owners that the mover may not set, and names them in the result', async () => {
    const { result } = await harness.start('restoreVolume', request, {
      checkRestore: async () => ({ ...equalComparison, owners: { count: 2, examples: ['a: 0:0 instead of 999:999'] } }),
    });
    expect(result).toMatchObject({ outcome: 'Restored', comparison: { owners: { count: 2 } } });
  });

  it('refuses fields that contradict each other', async () => {
    const snapshot = { id: 'a'.repeat(32), previous: 1 };
    const { error } = await harness.start('restoreVolume', { ...request, snapshot });
    expect(ending(error)).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('snapshot.id') });
  });
});

describe('initRepository', () => {
  it('writes its intent before it creates, and the unique id after', async () => {
    const { calls, result } = await harness.start('initRepository', {}, { readRepositoryRecord: async () => ({}) });
    expect(calls).toEqual([
      'readRepositoryRecord',
      'recordRepositoryIntent',
      'createRepository',
      'recordRepositoryIdentity',
    ]);
    expect(result).toEqual({ outcome: 'Created', repository: 'kopia', uniqueId: UNIQUE_ID });
  });

  it('refuses a repository that is known already, creating nothing', async () => {
    const { error, calls } = await harness.start('initRepository', { repository: 'kopia' });
    expect(ending(error).type).toBe('RepositoryExists');
    expect(calls).toEqual(['readRepositoryRecord']);
  });

  it('adopts what is there without creating', async () => {
    const { calls, result } = await harness.start(
      'initRepository',
      { adopt: true },
      { readRepositoryRecord: async () => ({ uniqueId: 'cd' }) },
    );
    expect(calls).not.toContain('createRepository');
    expect(result).toMatchObject({ outcome: 'Adopted', uniqueId: UNIQUE_ID });
  });
});

describe('listSnapshots', () => {
  it('reads beside the repository and refuses one that was never initialised', async () => {
    const { result } = await harness.start('listSnapshots', request);
    expect(result).toMatchObject({ identity: 'app-src@demo:/data' });
    const { error } = await harness.start('listSnapshots', request, { readRepositoryRecord: async () => ({}) });
    expect(ending(error).type).toBe('RepositoryNotFound');
  });
});
