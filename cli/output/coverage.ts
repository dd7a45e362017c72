import { type CoverageRow, isCovered, type Verdict } from '../coverage.ts';
import { age, count, parseTime } from './format.ts';
import type { Colors } from './output.ts';
import { renderTable } from './table.ts';

const WORDS: Readonly<Record<Verdict, string>> = {
  Protected: 'protected',
  Late: 'late',
  Suspicious: 'suspicious',
  Failed: 'last run failed',
  Held: 'held',
  NeverBackedUp: 'never backed up',
  VolumeConflict: 'held: conflict',
  Paused: 'paused',
  AwaitingAdoption: 'awaits adoption',
  Released: 'released',
  InvalidSource: 'invalid source',
  NoSource: 'no source',
  BlockDevice: 'block device',
  Own: 'not counted',
};

/** One row for each claim, those that are not protected first, and a sum (pure). */
export function renderCoverage(colors: Colors, rows: readonly CoverageRow[], now: Date): string {
  if (rows.length === 0) return 'There are no claims.';
  const bad = rows.filter((row) => !isCovered(row));
  const good = rows.filter(({ verdict }) => verdict === 'Protected');
  const own = rows.filter(({ verdict }) => verdict === 'Own');
  const table = renderTable(
    colors,
    ['NAMESPACE', 'CLAIM', 'STATE', 'LAST GOOD BACKUP', 'SOURCES', 'WHY'],
    [...bad, ...good, ...own].map((row) => [
      row.namespace,
      row.claim,
      paint(colors, row),
      when(row.lastBackup, now),
      row.sources.map(({ name }) => name).join(', ') || '-',
      row.message,
    ]),
  );
  const counted = bad.length + good.length;
  const sum = `${count(good.length)} of ${count(counted)} claims are protected`;
  return [table, '', bad.length > 0 ? colors.yellow(sum) : colors.green(sum)].join('\n');
}

function paint(colors: Colors, { verdict }: CoverageRow): string {
  const word = WORDS[verdict];
  if (verdict === 'Own') return colors.dim(word);
  return verdict === 'Protected' ? colors.green(word) : colors.red(word);
}

function when(time: string | undefined, now: Date): string {
  const date = parseTime(time);
  return date ? age(date, now) : '-';
}
