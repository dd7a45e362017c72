import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerificationRound } from '../../api/repository-status.ts';
import type { VerifyReport } from '../../api/verify-report.ts';
import type { CareRecord, VerificationMoverInput } from '../../workflows/care/contract.ts';
import { createHarness, ending, type Harness } from './harness.ts';
import { succeedingActivities, wholeReport } from './stubs.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

const TIMEOUT = { timeout: 60_000 } as const;
const stubs = succeedingActivities([]);

/** One deep run, of which the status says this round; what it read and what it records. */
async function deep(round: VerificationRound | undefined, parts = 3, report: Partial<VerifyReport> = {}) {
  let read: VerificationMoverInput['part'] | undefined;
  let record: CareRecord | undefined;
  const run = await harness.start(
    'verifyRepository',
    { mode: 'Deep', parts },
    {
      planCare: async (step) => ({ ...(await stubs.planCare(step)), ...(round ? { round } : {}) }),
      runVerification: async ({ part }) => {
        read = part;
        return { ...wholeReport, mode: 'deep', part, ...report };
      },
      recordCare: async (input) => {
        record = input.record;
      },
    },
  );
  return { ...run, read, record };
}

describe('verification of a repository', () => {
  it('reads part after part, so that a round of runs reads everything', TIMEOUT, async () => {
    let round: VerificationRound | undefined;
    const parts: number[] = [];
    for (let run = 0; run < 4; run++) {
      const { read, record } = await deep(round);
      parts.push(read!.index);
      round = record?.verified?.round;
      expect(round?.allReadTime !== undefined).toBe(run >= 2);
    }
    expect(parts).toEqual([0, 1, 2, 0]);
  });

  it('begins a round anew when it has another number of parts', TIMEOUT, async () => {
    const { read, record } = await deep({ parts: 30, nextPart: 17, allReadTime: '2026-11-01T00:00:00Z' });
    expect(read).toEqual({ index: 0, of: 3 });
    expect(record?.verified?.round).toMatchObject({ parts: 3, nextPart: 1, allReadTime: '2026-11-01T00:00:00Z' });
  });

  it('that finds damage fails as RepositoryCorrupt and records what it touches', TIMEOUT, async () => {
    const damaged = {
      ...{ damagedContents: 1, damagedPacks: 1, affectedSnapshots: 4, affectedIdentities: ['app-src@demo:/data'] },
      packs: [{ blob: 'p0123', kind: 'corrupt', contents: 1, identities: ['app-src@demo:/data'] }],
    } satisfies Partial<VerifyReport>;
    const { error, record, calls } = await deep(undefined, 3, damaged);
    const message = '1 damaged packs touch 4 snapshots of app-src@demo:/data: p0123 (corrupt)';
    expect(ending(error)).toMatchObject({ type: 'RepositoryCorrupt', message: expect.stringContaining(message) });
    expect(record).toMatchObject({ outcome: 'Failed', failure: { type: 'RepositoryCorrupt', message } });
    expect(record?.verified?.report.damagedPacks).toBe(1);
    // The part was read: the next run goes on.
    expect(record?.verified?.round?.nextPart).toBe(1);
    expect(calls.filter((name) => name === 'cleanUpCare')).toHaveLength(2);
  });

  it('reads everything at once when a person asks', TIMEOUT, async () => {
    const { read } = await deep(undefined, 1);
    expect(read).toEqual({ index: 0, of: 1 });
  });
});
