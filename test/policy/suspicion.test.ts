import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeSuspicion,
  judgeShrink,
  SHRINK_MIN_BYTES,
  SHRINK_MIN_FILES,
  suspicionAnnotation,
  suspicionOf,
} from '../../api/suspicion.ts';

const MB = 1024 * 1024;

describe('a sudden shrink', () => {
  const table: [
    what: string,
    before: [files: number, bytes: number],
    after: [number, number],
    verdict: string | undefined,
  ][] = [
    ['nothing changed', [100, 50 * MB], [100, 50 * MB], undefined],
    ['it grew', [100, 50 * MB], [5000, 900 * MB], undefined],
    ['all files are gone', [100, 50 * MB], [0, 0], 'Emptied'],
    ['the only, tiny file is gone', [1, 5], [0, 0], 'Emptied'],
    ['the only, empty file is gone', [1, 0], [0, 0], 'Emptied'],
    ['the files are there, and all of them are empty', [3, 300], [3, 0], 'Emptied'],
    ['an empty source stays empty', [0, 0], [0, 0], undefined],
    ['an empty source gets its first files', [0, 0], [3, 300], undefined],
    ['exactly half of the bytes is left', [100, 50 * MB], [100, 25 * MB], undefined],
    ['a byte less than half is left', [100, 50 * MB], [100, 25 * MB - 1], 'Shrunk'],
    ['exactly half of the files is left', [100, 50 * MB], [50, 50 * MB], undefined],
    ['a file less than half is left', [100, 50 * MB], [49, 50 * MB], 'Shrunk'],
    ['few large files replace many: the bytes are there, the files are not', [100, 50 * MB], [2, 60 * MB], 'Shrunk'],
    ['many small files replace a large one: the files are there, the bytes are not', [2, 50 * MB], [100, MB], 'Shrunk'],
    ['a log of a few hundred bytes is rotated', [3, 900], [3, 10], undefined],
    ['four of nine small files are left', [9, 900], [4, 400], undefined],
    ['four of ten small files are left', [10, 900], [4, 900], 'Shrunk'],
    ['a tenth of a megabyte is left of one', [3, MB], [3, MB / 10], 'Shrunk'],
    ['less than a megabyte loses most of it', [3, MB - 1], [3, MB / 10], undefined],
    ['lost+found is all that is left', [5000, 900 * MB], [1, 0], 'Emptied'],
  ];
  it.each(table)('%s', (_what, before, after, verdict) => {
    const size = ([files, bytes]: [number, number]) => ({ files, bytes });
    expect(judgeShrink(size(before), size(after))).toBe(verdict);
  });

  const size = fc.record({ files: fc.nat(1_000_000), bytes: fc.nat(2 ** 45) });

  it('is never seen where neither count went down', () => {
    fc.assert(
      fc.property(size, fc.nat(1000), fc.nat(1000), (before, files, bytes) => {
        expect(judgeShrink(before, { files: before.files + files, bytes: before.bytes + bytes })).toBeUndefined();
      }),
    );
  });

  it('is always seen where a source that held anything holds nothing', () => {
    fc.assert(
      fc.property(size, (before) => {
        const held = before.files > 0 || before.bytes > 0;
        expect(judgeShrink(before, { files: 0, bytes: 0 })).toBe(held ? 'Emptied' : undefined);
      }),
    );
  });

  it('once seen is seen for every smaller rest too', () => {
    fc.assert(
      fc.property(size, size, fc.double({ min: 0, max: 1, noNaN: true }), (before, after, part) => {
        const less = { files: Math.floor(after.files * part), bytes: Math.floor(after.bytes * part) };
        if (judgeShrink(before, after)) expect(judgeShrink(before, less)).toBeDefined();
      }),
    );
  });

  it('of a source that is large enough begins below half', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: SHRINK_MIN_FILES, max: 10_000 }),
        fc.integer({ min: SHRINK_MIN_BYTES, max: 2 ** 40 }),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        (files, bytes, part) => {
          const before = { files, bytes };
          expect(
            judgeShrink(before, { files: Math.ceil(files * part), bytes: Math.ceil(bytes * part) }),
          ).toBeUndefined();
          const half = { files: Math.ceil(files / 2) - 1, bytes };
          expect(judgeShrink(before, half)).toBeDefined();
        },
      ),
    );
  });
});

describe('the suspicion on a claim', () => {
  const size = { id: 'a'.repeat(32), startTime: '2026-11-23T10:00:00Z', files: 1200, bytes: 5_000_000 };
  const shrink = { before: size, after: { ...size, id: 'b'.repeat(32), files: 0, bytes: 0 } };
  const suspicion = describeSuspicion({ namespace: 'demo', claim: 'app-config' }, '2026-11-23T11:00:00Z', shrink);
  const claim = (text: string) => ({ metadata: { annotations: { [suspicionAnnotation('app-src')]: text } } });

  it('says what happened, which snapshot is the last good one, and how to agree', () => {
    expect(suspicion.message).toContain('was emptied from 1200 files, 5000000 bytes');
    expect(suspicion.message).toContain(size.id);
    expect(suspicion.message).toContain('stowage backup app-config -n demo --approve-shrink');
  });

  it('is read back as it was written, for its own source only', () => {
    expect(suspicionOf(claim(JSON.stringify(suspicion)), 'app-src')).toEqual(suspicion);
    expect(suspicionOf(claim(JSON.stringify(suspicion)), 'other-src')).toBeUndefined();
    expect(suspicionOf(undefined, 'app-src')).toBeUndefined();
    expect(suspicionOf({ metadata: {} }, 'app-src')).toBeUndefined();
  });

  it.each(['by hand', '{}', 'null', '7', '[]', '{"since":3}'])('written by hand (%s) still counts', (text) => {
    expect(suspicionOf(claim(text), 'app-src')).toEqual({ since: '', message: text });
  });

  it('has a name that Kubernetes takes, however long the name of the source', () => {
    const key = suspicionAnnotation(`${'very-'.repeat(40)}long`);
    expect(key).toMatch(/^[a-z.]+\/[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
  });
});
