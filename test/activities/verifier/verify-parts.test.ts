import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangesOf } from '../../../activities/verifier/verify-parts.ts';
import { isWhole, MAX_PARTS, parseVerifyLine, type VerifyReport } from '../../../api/verify-report.ts';

/** Beginnings of data of one part; `''` is the beginning of everything. */
const prefixesOf = (index: number, of: number): string[] =>
  rangesOf({ index, of }).flatMap((range) => {
    if (range === 'all') return [''];
    return range === 'metadata' ? [] : [range.hashPrefix];
  });

describe('the parts of a deep verification', () => {
  it('hold every content exactly once, in whatever number of parts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_PARTS }),
        fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: 32, maxLength: 32 }),
        (of, digits) => {
          const content = digits.join('');
          const holding = Array.from({ length: of }, (_, index) => prefixesOf(index, of))
            .flat()
            .filter((prefix) => content.startsWith(prefix));
          return holding.length === 1;
        },
      ),
      { numRuns: 400 },
    );
  });

  it('are of about equal size, and each costs few processes', () => {
    for (const of of [1, 2, 3, 7, 14, 16, 30, 31, 60, 90, 128, 365, MAX_PARTS]) {
      const shares = Array.from({ length: of }, (_, index) =>
        prefixesOf(index, of).reduce((sum, prefix) => sum + 16 ** -prefix.length, 0),
      );
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(Math.max(...shares) * of, `${of} parts`).toBeLessThan(1.25);
      expect(Math.min(...shares) * of, `${of} parts`).toBeGreaterThan(0.75);
      expect(Math.max(...Array.from({ length: of }, (_, index) => prefixesOf(index, of).length))).toBeLessThan(36);
    }
  });

  it('hold all metadata each, because every snapshot hangs on it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MAX_PARTS }), (of) => rangesOf({ index: of - 1, of }).includes('metadata')),
    );
    expect(rangesOf({ index: 0, of: 1 })).toEqual(['all']);
  });
});

describe('the report of a verification', () => {
  const whole: VerifyReport = {
    mode: 'quick',
    part: { index: 0, of: 1 },
    snapshots: 2,
    objects: 9,
    contentsChecked: 12,
    contentsRead: 0,
    bytesRead: 0,
    damagedContents: 0,
    damagedPacks: 0,
    packs: [],
    affectedSnapshots: 0,
    affectedIdentities: [],
    affected: [],
  };

  it('calls whole only what shows no damage of any kind', () => {
    expect(isWhole(whole)).toBe(true);
    const damages: Partial<VerifyReport>[] = [
      { unreadable: 'its indexes' },
      { maintenanceUnreadable: 'its record' },
      { damagedContents: 1 },
      { affectedSnapshots: 1 },
    ];
    for (const damage of damages) expect(isWhole({ ...whole, ...damage })).toBe(false);
  });

  it('is read from its line and from no other', () => {
    expect(parseVerifyLine(JSON.stringify({ stowageVerify: whole }))).toEqual(whole);
    expect(parseVerifyLine(JSON.stringify({ stowageVerify: { ...whole, snapshots: -1 } }))).toBeUndefined();
    expect(parseVerifyLine('{"stowageVerify": half a line')).toBeUndefined();
    expect(parseVerifyLine('INFO Finished verifying 12 contents, found 0 errors.')).toBeUndefined();
  });
});
