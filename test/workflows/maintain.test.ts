import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CareRecord, PlainJob } from '../../workflows/care/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { failure } from './stubs.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

const TIMEOUT = { timeout: 60_000 } as const;

/** Keeps what a run of care says of itself. */
function keepRecords() {
  const records: CareRecord[] = [];
  return {
    records,
    recordCare: async ({ record }: { record: CareRecord }) => {
      records.push(record);
    },
  };
}

describe('maintenance of a repository', () => {
  it('owns, runs and proves in this order, with the repository mounted, and removes its Job', TIMEOUT, async () => {
    let posted: PlainJob | undefined;
    const { records, recordCare } = keepRecords();
    const { calls, result } = await harness.start(
      'maintainRepository',
      { mode: 'Full' },
      {
        recordCare,
        runMaintenance: async ({ job }) => {
          posted = job;
          return { startMilliseconds: 1, runMilliseconds: 1 };
        },
      },
    );
    expect(calls).toEqual([
      ...['planCare', 'cleanUpCare', 'countRestores', 'prepareMaintenance', 'buildMaintenanceJob'],
      ...['runMaintenance', 'proveMaintenance', 'measureContent', 'cleanUpCare', 'recordCare'],
    ]);
    expect(posted?.spec.template.spec.volumes).toEqual([
      { name: 'repository', persistentVolumeClaim: { claimName: 'kopia' } },
    ]);
    expect(posted?.spec.template.spec.containers[0]?.volumeMounts).toEqual([
      { name: 'repository', mountPath: '/repository' },
    ]);
    expect(result).toMatchObject({ outcome: 'Succeeded', repository: 'kopia' });
    expect(records).toMatchObject([{ outcome: 'Succeeded' }]);
  });

  it('that is not proven is a failure, is recorded as one, and leaves no Job', TIMEOUT, async () => {
    const { records, recordCare } = keepRecords();
    const { calls, error } = await harness.start(
      'maintainRepository',
      { mode: 'Full' },
      {
        recordCare,
        proveMaintenance: async () => {
          throw failure('MoverFailed', 'noted no task');
        },
      },
    );
    expect(ending(error)).toMatchObject({ type: 'MoverFailed', message: expect.stringContaining('noted no task') });
    expect(calls.slice(-2)).toEqual(['cleanUpCare', 'recordCare']);
    expect(records).toMatchObject([{ outcome: 'Failed', failure: { type: 'MoverFailed' } }]);
  });

  it('gives restores the way until there is none', TIMEOUT, async () => {
    let asked = 0;
    const { calls } = await harness.start(
      'maintainRepository',
      { mode: 'Full' },
      { countRestores: async () => (++asked < 4 ? 2 : 0) },
    );
    expect(calls.filter((name) => name === 'countRestores')).toHaveLength(4);
    expect(calls.indexOf('prepareMaintenance')).toBeGreaterThan(calls.lastIndexOf('countRestores'));
  });

  it('refuses a mode that is none, naming field and value', TIMEOUT, async () => {
    const { error, calls } = await harness.start('maintainRepository', { mode: 'Deep' });
    expect(ending(error)).toMatchObject({
      type: 'InvalidInput',
      message: expect.stringContaining('mode: must be Quick or Full'),
    });
    expect(calls).toEqual([]);
  });
});
