import Table from 'cli-table3';
import type { Aim, Row, Unit } from './rows.ts';
import type { Spread } from './statistics.ts';

const DIGITS: Readonly<Record<Unit, number>> = { s: 2, 'MiB/s': 0, 'CPU s': 2, MiB: 0, count: 0 };

/** The table that a person reads; the same numbers stand unrounded in the JSON. Pure. */
export function renderTable(rows: readonly Row[]): string {
  const table = new Table({
    head: ['measured', 'median (min–max)', 'against', 'median (min–max)', 'ratio (min–max)', 'aim', ''],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const { title, unit, value, against, reference, ratio, aim, verdict } = row;
    table.push([
      title,
      showSpread(value, unit),
      against?.title ?? '',
      reference ? showSpread(reference, unit) : '',
      ratio ? showRange(ratio, 2) : '',
      aim ? showAim(aim, unit) : '',
      verdict ?? '',
    ]);
  }
  return table.toString();
}

const showSpread = (spread: Spread, unit: Unit): string =>
  `${showRange(spread, DIGITS[unit])}${unit === 'count' ? '' : ` ${unit}`}`;

function showRange({ median, min, max }: Spread, digits: number): string {
  const [middle, low, high] = [median, min, max].map((value) => value.toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

function showAim({ of, atMost, atLeast }: Aim, unit: Unit): string {
  const suffix = of === 'ratio' ? '×' : unit === 'count' ? '' : ` ${unit}`;
  return [atMost === undefined ? '' : `≤ ${atMost}${suffix}`, atLeast === undefined ? '' : `≥ ${atLeast}${suffix}`]
    .filter(Boolean)
    .join(', ');
}
