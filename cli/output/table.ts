import Table from 'cli-table3';
import type { Colors } from './output.ts';

/** Columns two spaces apart, no lines: as kubectl, so that it can be cut and grepped. */
export function renderTable(colors: Colors, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = Object.fromEntries(
    [
      'top',
      'top-mid',
      'top-left',
      'top-right',
      'bottom',
      'bottom-mid',
      'bottom-left',
      'bottom-right',
      'left',
      'left-mid',
    ]
      .concat(['mid', 'mid-mid', 'right', 'right-mid', 'middle'])
      .map((part) => [part, part === 'middle' ? '  ' : '']),
  );
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `name: value` lines with the values in one column; rows without a value are left out. */
export function renderFacts(colors: Colors, facts: readonly (readonly [string, string | undefined])[]): string {
  const shown = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${colors.dim(name.padEnd(width))}  ${value}`).join('\n');
}
