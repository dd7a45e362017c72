import { describe, expect, it } from 'vitest';
import { ratioOf, spreadOf } from '../../bench/statistics.ts';

describe('a spread', () => {
  it('has the middle sample as its median, whatever their order', () => {
    expect(spreadOf([3, 1, 100])).toEqual({ median: 3, min: 1, max: 100 });
  });

  it('has the mean of the two in the middle when their number is even', () => {
    expect(spreadOf([4, 1, 2, 100])).toEqual({ median: 3, min: 1, max: 100 });
  });

  it('refuses no samples and samples that are no numbers, instead of looking like a result', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
    expect(() => spreadOf([1, Number.NaN])).toThrow(RangeError);
  });
});

describe('a ratio', () => {
  it('is that of the medians, with the range of the pairs', () => {
    expect(ratioOf([1, 2, 9], [2, 2, 3])).toEqual({ median: 1, min: 0.5, max: 3 });
  });

  it('has no range of its own where the samples are no pairs', () => {
    expect(ratioOf([1, 3], [4])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
  });

  it('refuses a reference of zero', () => {
    expect(() => ratioOf([1], [0])).toThrow(RangeError);
  });
});
