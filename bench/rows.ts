import { ratioOf, type Spread, spreadOf } from './statistics.ts';

export type Unit = 's' | 'MiB/s' | 'CPU s' | 'MiB' | 'count';

/** What the budget of the design asks of a row: of its value, or of its ratio to what it is measured against. */
export interface Aim {
  readonly of: 'value' | 'ratio';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One measurement: the samples, in the order in which they were taken, and those that they are compared with. */
export interface Measurement {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  /** Sample n was taken next to sample n of ours. */
  readonly against?: { readonly title: string; readonly samples: readonly number[] };
  readonly aim?: Aim;
}

export type Verdict = 'reached' | 'missed';

/** A measurement with what follows from its samples. */
export interface Row extends Measurement {
  readonly value: Spread;
  readonly reference?: Spread;
  readonly ratio?: Spread;
  readonly verdict?: Verdict;
}

/** @throws RangeError when samples are missing or no numbers. */
export function toRow(measurement: Measurement): Row {
  const { samples, against, aim } = measurement;
  const value = spreadOf(samples);
  const ratio = against && ratioOf(samples, against.samples);
  return {
    ...measurement,
    value,
    ...(against && { reference: spreadOf(against.samples) }),
    ...(ratio && { ratio }),
    ...(aim && { verdict: judge(measurement.id, aim, value, ratio) }),
  };
}

/** The median decides: one sample that the machine disturbed does not. */
function judge(id: string, aim: Aim, value: Spread, ratio: Spread | undefined): Verdict {
  const judged = aim.of === 'value' ? value : ratio;
  if (!judged) throw new RangeError(`${id}: the aim is about a ratio, but there is nothing to compare with`);
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = aim;
  return judged.median <= atMost && judged.median >= atLeast ? 'reached' : 'missed';
}
