import { describe, expect, it } from 'vitest';
import { knownDamage } from '../../../activities/care/found-damage.ts';
import type { VerifyReport } from '../../../api/verify-report.ts';
import { wholeReport } from '../../workflows/stubs.ts';

const NOW = '2026-11-25T04:07:00Z';
const deep = (index: number, of: number, damagedPacks = 0): VerifyReport => ({
  ...wholeReport,
  ...{ mode: 'deep', part: { index, of }, damagedPacks, damagedContents: damagedPacks },
});
const after = (...reports: VerifyReport[]) =>
  reports
    .reduce((known, report) => knownDamage(known, report, 'damaged', NOW), [] as ReturnType<typeof knownDamage>)
    .map(({ found }) => found);

describe('damage that is known', () => {
  it.each<[string, VerifyReport[], string[]]>([
    ['stays when another part is whole', [deep(1, 3, 1), deep(2, 3)], ['2 of 3']],
    ['stays when a quick one is whole: it reads no bytes', [deep(1, 3, 1), wholeReport], ['2 of 3']],
    ['goes when its own part is whole again', [deep(1, 3, 1), deep(1, 3)], []],
    ['goes when all is read and whole', [deep(1, 3, 1), deep(0, 1)], []],
    [
      'is told once a place',
      [deep(1, 3, 1), deep(1, 3, 2), { ...wholeReport, damagedContents: 1 }],
      ['2 of 3', 'quick'],
    ],
  ])('%s', (_name, reports, expected) => {
    expect(after(...reports)).toEqual(expected);
  });
});
