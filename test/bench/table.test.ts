import { expect, it } from 'vitest';
import { toRow } from '../../bench/rows.ts';
import { renderTable } from '../../bench/table.ts';

it('the table shows value, reference, ratio, aim and verdict of each row, and no range where there is none', () => {
  const rows = [
    toRow({
      id: 'direct.proven',
      title: 'direct backup',
      unit: 's',
      samples: [2, 2.5, 3],
      against: { title: 'trivial Job', samples: [4, 5, 6] },
      aim: { of: 'ratio', atMost: 0.7 },
    }),
    toRow({
      id: 'events',
      title: 'history events',
      unit: 'count',
      samples: [33, 33],
      aim: { of: 'value', atMost: 30 },
    }),
    toRow({ id: 'memory.control', title: 'memory', unit: 'MiB', samples: [180.4] }),
  ];
  const lines = renderTable(rows)
    .split('\n')
    .map((line) => line.replace(/[│ ]+/g, ' ').trim());
  expect(lines).toContain('direct backup 2.50 (2.00–3.00) s trivial Job 5.00 (4.00–6.00) s 0.50 ≤ 0.7× reached');
  expect(lines).toContain('history events 33 ≤ 30 missed');
  expect(lines).toContain('memory 180 MiB');
});
