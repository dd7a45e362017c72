import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrillRecord } from '../../api/drill-record.ts';
import type { DrillInput, DrillStep } from '../../workflows/drill/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { equalComparison, failure, summary, UNIQUE_ID } from './stubs.ts';

const request = { namespace: 'demo', claim: 'app-config' };
const check = { image: 'sqlite', command: ['sqlite3', '/data/app.db', 'pragma integrity_check'] };

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

/** Keeps what a drill says of itself. */
function keepRecords() {
  const records: DrillRecord[] = [];
  return {
    records,
    recordDrill: async ({ record }: { record: DrillRecord }) => {
      records.push(record);
    },
  };
}

const TIMEOUT = { timeout: 60_000 } as const;

describe('a drill', () => {
  it('restores, compares, checks, records and cleans up in this order, and hands nothing over', TIMEOUT, async () => {
    const { records, recordDrill } = keepRecords();
    const { calls, result } = await harness.start('drillVolume', { ...request, check }, { recordDrill });
    expect(calls).toEqual([
      ...['preflightDrill', 'selectSnapshot', 'stageDrill', 'runRestoreMover', 'checkRestore'],
      ...['runDrillCheck', 'recordDrill', 'cleanUpDrill'],
    ]);
    expect(records).toEqual([
      expect.objectContaining({
        ...{ outcome: 'Passed', namespace: 'demo', claim: 'app-config', source: 'app-src', repository: 'kopia' },
        ...{ identity: 'app-src@demo:/data', snapshotId: 'old', files: 3, bytes: 300, contentsCompared: 1 },
        bytesPerSecond: 60_000,
        restoreSeconds: expect.any(Number),
        dataAgeSeconds: expect.any(Number),
        check: { image: 'sqlite', seconds: 0.4, log: ['ok'] },
      }),
    ]);
    expect(result).toMatchObject({ outcome: 'Passed', message: expect.stringContaining('sqlite found it good') });
  });

  it('compares every content, works under names of its own, and names no destination', TIMEOUT, async () => {
    const inputs: DrillInput[] = [];
    await harness.start('drillVolume', request, {
      stageDrill: async (input) => {
        inputs.push(input);
        return { stagingClaim: 's' };
      },
    });
    expect(inputs[0]?.request).toMatchObject({
      ...{ destination: 'drill-app-src', contentSampleEvery: 1, declared: false, claim: 'app-config' },
    });
    expect(inputs[0]?.plan).toMatchObject({ capacity: '1Gi', storageClassName: 'stowage' });
  });

  it('without a check is proven by the comparison alone', TIMEOUT, async () => {
    const { calls, result } = await harness.start('drillVolume', request);
    expect(calls).not.toContain('runDrillCheck');
    expect(result).not.toHaveProperty('check');
  });

  it(
    'of a snapshot that does not say what its claim was takes the application claim as its model',
    TIMEOUT,
    async () => {
      const plans: DrillInput['plan'][] = [];
      await harness.start('drillVolume', request, {
        preflightDrill: async () => ({
          ...{
            privileged: false,
            repositoryUniqueId: UNIQUE_ID,
            repository: { kind: 'Volume', claim: 'kopia', path: '/repository' } as const,
          },
          claim: { capacity: '7Gi', storageClassName: 'fast', accessModes: ['ReadWriteOnce'] },
        }),
        selectSnapshot: async () => ({ found: summary('old', { tags: {} }), skipped: 0 }),
        stageDrill: async ({ plan }) => {
          plans.push(plan);
          return { stagingClaim: 's' };
        },
      });
      expect(plans[0]).toMatchObject({ capacity: '7Gi', storageClassName: 'fast' });
    },
  );
});

describe('a drill that fails', () => {
  const mismatches = { count: 2, examples: ['a/file-1: other content', 'b: missing'] };

  it('because the data differs is no green one: recorded, cleaned up, never checked', TIMEOUT, async () => {
    const { records, recordDrill } = keepRecords();
    const change = { recordDrill, checkRestore: async () => ({ ...equalComparison, mismatches }) };
    const { calls, error } = await harness.start('drillVolume', { ...request, check }, change);
    expect(ending(error)).toMatchObject({ type: 'RestoreMismatch', message: expect.stringContaining('a/file-1') });
    expect(calls).not.toContain('runDrillCheck');
    expect(calls.slice(-2).sort()).toEqual(['cleanUpDrill', 'recordDrill']);
    expect(records).toMatchObject([{ outcome: 'Failed', snapshotId: 'old', failure: { type: 'RestoreMismatch' } }]);
    expect(records[0]).not.toHaveProperty('restoreSeconds');
  });

  it('in its check still tells how long the restore took', TIMEOUT, async () => {
    const { records, recordDrill } = keepRecords();
    const { error } = await harness.start(
      'drillVolume',
      { ...request, check },
      {
        recordDrill,
        runDrillCheck: async () => {
          throw failure('CheckFailed', 'row 3 missing from index');
        },
      },
    );
    expect(ending(error)).toMatchObject({
      type: 'CheckFailed',
      message: expect.stringMatching(/row 3 missing from index → .*repair the application/),
    });
    expect(records).toMatchObject([{ outcome: 'Failed', restoreSeconds: expect.any(Number), files: 3 }]);
  });

  it('for want of a snapshot makes nothing', TIMEOUT, async () => {
    const { calls, error } = await harness.start('drillVolume', request, {
      selectSnapshot: async () => ({ skipped: 2 }),
    });
    expect(ending(error)).toMatchObject({ type: 'SnapshotNotFound' });
    expect(calls).not.toContain('stageDrill');
  });

  it('keeps its own failure where the record can not be written', TIMEOUT, async () => {
    const { error, calls } = await harness.start('drillVolume', request, {
      runRestoreMover: async () => {
        throw failure('RepositoryCorrupt');
      },
      recordDrill: async () => {
        throw failure('Forbidden');
      },
    });
    expect(ending(error).type).toBe('RepositoryCorrupt');
    expect(calls).toContain('cleanUpDrill');
  });

  it.each([
    [{ ...request, check: { image: 'x', command: [] } }, 'check.command: must name a program'],
    [{ ...request, check: { ...check, mountPath: '/tmp' } }, 'check.mountPath: must be a folder of its own'],
    [{ ...request, destination: 'app-dst' }, 'destination'],
  ])('before anything is done where its input is wrong: %j', TIMEOUT, async (input, message) => {
    const { calls, error } = await harness.start('drillVolume', input);
    expect(ending(error)).toMatchObject({ type: 'InvalidInput', message: expect.stringContaining(message) });
    expect(calls).toEqual([]);
  });
});

it('a drill that is canceled cleans up and is no entry of the history', TIMEOUT, async () => {
  let started: () => void = () => undefined;
  const staging = new Promise<void>((resolve) => {
    started = resolve;
  });
  const steps: DrillStep[] = [];
  const { calls, handle } = await harness.start(
    'drillVolume',
    request,
    {
      stageDrill: async () => {
        started();
        throw failure('VolumeBusy', 'another drill is under way');
      },
      cleanUpDrill: async (step) => {
        steps.push(step);
        return { removed: [] };
      },
    },
    async (run) => {
      await staging;
      await run.cancel();
    },
  );
  expect((await handle.describe()).status.name).toBe('CANCELLED');
  expect(calls).not.toContain('recordDrill');
  expect(steps).toHaveLength(1);
});
