import { expect, it } from 'vitest';
import { parseOptions } from '../../bench/options.ts';
import { inTurns } from '../../bench/turns.ts';

it('each round begins with another step, does all of them one after the other, and keeps their names', async () => {
  const order: string[] = [];
  const step = (name: string, value: number) => async () => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
    return value;
  };
  const steps = { floor: step('floor', 1), ours: step('ours', 2), bare: step('bare', 3) };
  expect(await inTurns(0, steps)).toEqual({ floor: 1, ours: 2, bare: 3 });
  expect(await inTurns(4, steps)).toEqual({ floor: 1, ours: 2, bare: 3 });
  const begins = (names: string[]) => names.flatMap((name) => [`${name} begins`, `${name} ends`]);
  expect(order).toEqual([...begins(['floor', 'ours', 'bare']), ...begins(['ours', 'bare', 'floor'])]);
});

it('a step that fails fails the round', async () => {
  await expect(inTurns(0, { bad: () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
});

it('options: full size unless quick, groups in the order of the table, what is typed wins', () => {
  expect(parseOptions([])).toMatchObject({
    repeat: 5,
    bulkMiB: 1024,
    volumes: 20,
    declared: 200,
    keep: false,
    json: 'bench-results.json',
  });
  expect(parseOptions(['--quick', '--repeat', '3', '--only', 'many,unchanged', '--keep'])).toMatchObject({
    repeat: 3,
    bulkMiB: 128,
    keep: true,
    only: ['unchanged', 'many'],
  });
});
