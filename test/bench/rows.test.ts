import { describe, expect, it } from 'vitest';
import { summarize } from '../../bench/report.ts';
import { type Measurement, toRow } from '../../bench/rows.ts';

const measurement: Measurement = {
  id: 'direct.proven',
  title: 'direct backup',
  unit: 's',
  samples: [2, 2, 8],
  against: { title: 'trivial Job', samples: [4, 4, 4] },
};

describe('a verdict', () => {
  it('is given by the median of the ratio: one disturbed sample does not decide', () => {
    expect(toRow({ ...measurement, aim: { of: 'ratio', atMost: 0.5 } }).verdict).toBe('reached');
    expect(toRow({ ...measurement, aim: { of: 'ratio', atMost: 0.49 } }).verdict).toBe('missed');
  });

  it('may be about the value itself, from below too', () => {
    expect(toRow({ ...measurement, aim: { of: 'value', atMost: 1.9 } }).verdict).toBe('missed');
    expect(toRow({ ...measurement, aim: { of: 'value', atLeast: 2 } }).verdict).toBe('reached');
    expect(toRow({ ...measurement, aim: { of: 'value', atLeast: 2.1 } }).verdict).toBe('missed');
  });

  it('is not given without an aim', () => {
    expect(toRow(measurement)).not.toHaveProperty('verdict');
  });

  it('about a ratio needs something to compare with', () => {
    const { against: _, ...alone } = measurement;
    expect(() => toRow({ ...alone, aim: { of: 'ratio', atMost: 1 } })).toThrow('direct.proven');
  });
});

describe('the last line', () => {
  it('counts the aims and names those that were missed', () => {
    const rows = [
      toRow({ ...measurement, aim: { of: 'ratio', atMost: 0.4 } }),
      toRow({ ...measurement, id: 'direct.events', aim: { of: 'value', atMost: 40 } }),
      toRow({ ...measurement, id: 'kopia.unchanged' }),
    ];
    expect(summarize(rows)).toBe('bench: 1 of 2 aims reached; missed: direct.proven');
    expect(summarize(rows.slice(1))).toBe('bench: 1 of 1 aims reached');
  });
});
