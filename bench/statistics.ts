/** What a table says of a handful of samples. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The middle sample (or the mean of the two in the middle) with the smallest and the largest.
 * @throws RangeError when there is no sample, or one that is not a number: a hole must not look like a result.
 */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('no samples: a measurement that did not happen');
  if (!sorted.every(Number.isFinite)) throw new RangeError(`samples must be finite numbers: ${samples.join(', ')}`);
  const half = sorted.length / 2;
  return { median: (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2, min, max };
}

/**
 * Ratio of the medians; its range is that of the pairs (sample n against sample n, measured next to each other, so that
 * noise of the machine hits both). Against another number of samples the range is left at the ratio itself.
 * @throws RangeError for a reference that is not above zero.
 */
export function ratioOf(samples: readonly number[], against: readonly number[]): Spread {
  const reference = spreadOf(against);
  if (reference.min <= 0) throw new RangeError(`a reference must be above zero: ${against.join(', ')}`);
  const median = spreadOf(samples).median / reference.median;
  if (samples.length !== against.length) return { median, min: median, max: median };
  const { min, max } = spreadOf(samples.map((sample, index) => sample / against[index]!));
  return { median, min, max };
}
