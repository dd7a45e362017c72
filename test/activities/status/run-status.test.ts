import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backupStatus } from '../../../activities/status/backup-status.ts';
import type { DeclaredStatus } from '../../../api/declared-object.ts';
import { goDuration } from '../../../api/go-duration.ts';
import { limitLogs, restingStatus, startedStatus } from '../../../api/run-status.ts';
import type { BackupRecord } from '../../../workflows/backup/contract.ts';

describe("a duration in Go's notation", () => {
  test.each([
    [0, '0s'],
    [1, '1ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1100, '1.1s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [69_111.183003, '1m9.111s'],
    [3_600_000, '1h0m0s'],
    [5_400_000, '1h30m0s'],
    [90_061_001, '25h1m1.001s'],
    [-5, '0s'],
  ])('%s ms is %s', (milliseconds, text) => {
    expect(goDuration(milliseconds / 1000)).toBe(text);
  });

  /** Go's `time.ParseDuration`, as far as it is needed. */
  const parsed = (text: string): number => {
    const unit: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, µs: 1e-3, ns: 1e-6 };
    const parts = [...text.matchAll(/([0-9.]+)(h|ms|µs|ns|m|s)/g)];
    expect(parts.map(([part]) => part).join('')).toBe(text);
    return parts.reduce((sum, [, count, name]) => sum + Number(count) * unit[name!]!, 0);
  };

  test('says what it was made of', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (milliseconds) => {
        expect(parsed(goDuration(milliseconds / 1000))).toBeCloseTo(milliseconds, 5);
      }),
    );
  });
});

const before: DeclaredStatus = {
  lastSyncStartTime: '2026-11-23T11:59:00Z',
  lastSyncTime: '2026-11-23T11:00:00Z',
  lastSyncDuration: '3s',
  lastManualSync: 'before',
  latestMoverStatus: { result: 'Successful', logs: 'as it was' },
  nextSyncTime: '2026-11-23T12:00:00Z',
  conditions: [],
};
const record: BackupRecord = {
  outcome: 'Succeeded',
  runId: 'r',
  workflowId: 'w',
  finishedAt: '2026-11-23T12:00:00.987Z',
  durationSeconds: 69.1,
};

describe('the status that a run writes', () => {
  test('has every field that runs own, at the start too, and none of the watch', () => {
    const { nextSyncTime: _, conditions: __, ...own } = before;
    expect(startedStatus(before, Date.parse('2026-11-23T12:00:00.987Z'))).toEqual({
      ...own,
      lastSyncStartTime: '2026-11-23T12:00:00Z',
    });
    expect(startedStatus(undefined, 0)).toEqual({ lastSyncStartTime: '1970-01-01T00:00:00Z' });
  });

  test('after a success counts as a sync, answers the manual trigger and is under way no more', () => {
    expect(backupStatus(before, record, 'now', 'snapshot x')).toEqual({
      lastSyncTime: '2026-11-23T12:00:00Z',
      lastSyncDuration: '1m9.1s',
      lastManualSync: 'now',
      latestMoverStatus: { result: 'Successful', logs: 'snapshot x' },
    });
    expect(backupStatus(before, record, undefined, 'snapshot x').lastManualSync).toBe('before');
    expect(backupStatus(undefined, record, undefined, 'x')).not.toHaveProperty('lastManualSync');
  });

  test('after a failure leaves the last sync as it was and the manual trigger unanswered', () => {
    expect(backupStatus(before, { ...record, outcome: 'Failed' }, 'now', 'WrongPassword: no')).toEqual({
      ...restingStatus(before),
      latestMoverStatus: { result: 'Failed', logs: 'WrongPassword: no' },
    });
  });

  test('after a cancel is what it was before the start', () => {
    expect(backupStatus(before, { ...record, outcome: 'Canceled' }, 'now', 'canceled')).toEqual(restingStatus(before));
    expect(restingStatus(before)).not.toHaveProperty('lastSyncStartTime');
  });

  test('keeps a log within what VolSync writes at most', () => {
    expect(limitLogs('x'.repeat(1024))).toHaveLength(1024);
    expect(limitLogs('x'.repeat(5000))).toHaveLength(1024);
  });
});
