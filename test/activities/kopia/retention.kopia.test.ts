import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  policySetArguments,
  repositoryCreateArguments,
  snapshotListArguments,
} from '../../../activities/kopia/arguments.ts';
import { parseSnapshotList } from '../../../activities/kopia/output.ts';
import { expiredSnapshots, retentionReasons } from '../../../activities/kopia/retention.ts';
import type { Retention } from '../../../api/retention.ts';
import { Bench, IDENTITY, kopiaBinary } from './real-kopia.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const SEED = 20_261_123;
const TIERS = ['latest', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** Edges of hours, days, ISO weeks, months and years, and some times of no meaning. */
const TIMES = [
  '2023-12-31 23:59:59',
  '2024-01-01 00:00:00',
  '2024-02-29 12:00:00',
  '2024-12-30 00:00:00',
  '2025-01-31 23:30:00',
  '2025-02-28 23:59:59',
  '2025-03-01 00:00:00',
  '2025-03-31 12:00:00',
  '2025-07-06 23:59:59',
  '2025-07-07 00:00:00',
  '2026-01-01 00:00:00',
  '2026-01-31 00:00:00',
  '2026-02-14 10:00:00',
  '2026-07-05 08:00:00',
  '2026-10-22 12:00:00',
  '2026-10-23 12:00:00',
  '2026-11-15 12:00:00',
  '2026-11-16 11:59:59',
  '2026-11-16 12:00:00',
  '2026-11-20 05:00:00',
  '2026-11-20 05:59:59',
  '2026-11-21 12:00:00',
  '2026-11-22 11:59:59',
  '2026-11-22 12:00:00',
  '2026-11-22 23:00:00',
  '2026-11-23 00:00:00',
  '2026-11-23 10:10:10',
  '2026-11-23 11:00:00',
  '2026-11-23 11:30:00',
  '2026-11-23 12:00:00',
];
/** Newer than all whole ones, stopped by a limit of bytes. */
const INCOMPLETE = [
  '2026-11-23 04:30:00',
  '2026-11-23 12:10:00',
  '2026-11-23 13:00:00',
  '2026-11-23 17:00:00',
  '2026-11-23 18:00:00',
];

const count = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.integer({ min: 1, max: 6 }),
  fc.constantFrom(12, 24, 48),
);
const retention: fc.Arbitrary<Retention> = fc.record({
  latest: count,
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
});

describe("Kopia's retention, computed", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = new Bench(await kopiaBinary());
    bench.kopia(repositoryCreateArguments({ path: bench.repository }));
    const keepAll = { latest: 1000, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    bench.kopia(policySetArguments({ identity: IDENTITY, retain: keepAll, compression: 'none' }));
    writeFileSync(join(bench.data, 'file'), 'x');
    const made = TIMES.map((time) => bench.backup('run', { startTime: `${time} UTC` }).summary.id);
    bench.kopia(['snapshot', 'pin', made[3]!, '--add=keep']);
    for (const [index, time] of INCOMPLETE.entries()) {
      for (const part of [1, 2, 3, 4])
        writeFileSync(join(bench.data, `noise-${index}-${part}`), randomBytes(1_500_000));
      bench.backup('run', { startTime: `${time} UTC`, more: ['--upload-limit-mb=1'] });
      for (const part of [1, 2, 3, 4]) rmSync(join(bench.data, `noise-${index}-${part}`));
    }
  });

  afterAll(() => bench.remove());

  it('names the same reasons as the real Kopia, for any tiers', () => {
    const cases = [
      { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 },
      { latest: 10, hourly: 48, daily: 7, weekly: 4, monthly: 24, yearly: 3 },
      { latest: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
      ...fc.sample(retention, { numRuns: 12, seed: SEED }),
    ];
    let incomplete = 0;
    for (const retain of cases) {
      bench.kopia(policySetArguments({ identity: IDENTITY, retain, compression: 'none' }));
      const listed = parseSnapshotList(bench.kopia(snapshotListArguments({ identity: IDENTITY }))).map(
        (each) => each.summary,
      );
      expect(listed.length).toBeGreaterThanOrEqual(TIMES.length);
      incomplete = listed.filter((each) => each.incomplete).length;
      const reasons = retentionReasons(listed, retain);
      for (const each of listed) {
        const why = [...reasons.get(each.id)!].sort();
        expect([JSON.stringify(retain), each.startTime, why]).toEqual([
          JSON.stringify(retain),
          each.startTime,
          [...each.retentionReasons].sort(),
        ]);
      }
      const gone = listed.filter((each) => each.retentionReasons.length === 0 && each.pins.length === 0);
      expect(expiredSnapshots(listed, retain)).toEqual(new Set(gone.map(({ id }) => id)));
    }
    // Kopia itself drops some of the incomplete ones as they are made.
    expect(incomplete).toBeGreaterThan(1);
  });
});

describe('retention', () => {
  const snapshot = fc.record({
    id: fc.uuid(),
    startTime: fc
      .date({ min: new Date('2020-01-01'), max: new Date('2026-12-01'), noInvalidDate: true })
      .map((d) => d.toISOString()),
    pins: fc.constant([] as string[]),
  });
  const snapshots = fc.uniqueArray(snapshot, { selector: ({ id }) => id, maxLength: 60 });

  it('never removes the newest, keeps everything at all zeros, and keeps no more than the tiers say', () => {
    fc.assert(
      fc.property(snapshots, retention, (list, retain) => {
        const gone = expiredSnapshots(list, retain);
        const sum = TIERS.reduce((total, tier) => total + retain[tier], 0);
        if (sum === 0) return gone.size === 0;
        const newest = [...list].sort((a, b) => b.startTime.localeCompare(a.startTime))[0];
        return (
          (!newest || list.some(({ id, startTime }) => startTime === newest.startTime && !gone.has(id))) &&
          list.length - gone.size <= sum
        );
      }),
    );
  });
});
