import type { DrillVolumeResult } from '../../workflows/drill/contract.ts';
import { type DrillRow, type DrillVerdict, isInOrder } from '../drill-rows.ts';
import { age, bytes, count, duration, parseTime, time } from './format.ts';
import type { Colors } from './output.ts';
import { renderFacts, renderTable } from './table.ts';

const WORDS: Readonly<Record<DrillVerdict, string>> = {
  Passed: 'passed',
  Failed: 'failed',
  Overdue: 'overdue',
  NeverDrilled: 'never',
  Scheduled: 'not due yet',
  Paused: 'paused',
};

/** What a drill that passed says (pure). */
export function renderDrill(colors: Colors, result: DrillVolumeResult): string {
  const taken = parseTime(result.snapshotTime);
  return [
    colors.green(`Passed: ${result.message}`),
    renderFacts(colors, [
      ['identity', result.identity],
      ['snapshot', result.snapshotId && `${result.snapshotId}${taken ? `, taken ${time(taken)}` : ''}`],
      ['content', result.files === undefined ? undefined : `${count(result.files)} files, ${bytes(result.bytes)}`],
      ['compared', result.contentsCompared === undefined ? undefined : `${count(result.contentsCompared)} whole files`],
      ['time to restore', inSeconds(result.restoreSeconds)],
      ['rate', result.bytesPerSecond === undefined ? undefined : `${bytes(result.bytesPerSecond)}/s`],
      ['age of the data', inSeconds(result.dataAgeSeconds)],
      ['checked by', result.check && `${result.check.image}, ${inSeconds(result.check.seconds)}`],
      ...(result.check?.log ?? []).map((line, index) => [index === 0 ? 'it said' : '', line] as const),
    ]),
  ].join('\n');
}

/** One row for each application, those that are not proven first, and a sum (pure). */
export function renderDrills(colors: Colors, rows: readonly DrillRow[], now: Date): string {
  if (rows.length === 0) return 'There are no applications that Stowage backs up.';
  const bad = rows.filter((row) => !isInOrder(row));
  const good = rows.filter(isInOrder);
  const head = ['NAMESPACE', 'CLAIM', 'STATE', 'LAST DRILL', 'TIME TO RESTORE', 'AGE OF DATA', 'CHECKED BY', 'WHY'];
  const table = renderTable(
    colors,
    head,
    [...bad, ...good].map((row) => {
      const { namespace, claim, last, message } = row;
      const finished = parseTime(last?.finishedAt);
      return [
        namespace,
        claim,
        (isInOrder(row) ? colors.green : colors.red)(WORDS[row.verdict]),
        finished ? age(finished, now) : '-',
        inSeconds(last?.restoreSeconds) ?? '-',
        inSeconds(last?.dataAgeSeconds) ?? '-',
        checkedBy(row),
        message,
      ];
    }),
  );
  const proven = good.filter(({ verdict }) => verdict === 'Passed').length;
  const sum = `${count(proven)} of ${count(rows.length)} applications are proven to come back`;
  return [table, '', bad.length > 0 ? colors.yellow(sum) : colors.green(sum)].join('\n');
}

/** What a drill got to before it ended. */
function checkedBy({ last }: DrillRow): string {
  if (!last || last.restoreSeconds === undefined) return '-';
  return last.check ? last.check.image : 'comparison';
}

const inSeconds = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : duration(seconds * 1000);
