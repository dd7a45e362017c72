import { expect, it } from 'vitest';
import { Readings } from '../../../activities/declared/readings.ts';

const object = (name: string, resourceVersion: string, uid = 'u') => ({
  metadata: { namespace: 'demo', name, uid, resourceVersion },
});

it('an object is read once for each of its versions, and what follows from all readings knows when one changed', () => {
  let reads = 0;
  const readings = new Readings(({ metadata }) => `${metadata?.name} ${++reads}`);
  const changes = (look: () => void): boolean => {
    const before = readings.revision;
    look();
    return readings.revision !== before;
  };
  expect(changes(() => readings.of(object('a', '1')))).toBe(true);
  expect(changes(() => readings.of(object('a', '1')))).toBe(false);
  expect(changes(() => readings.of(object('a', '2')))).toBe(true);
  expect(changes(() => readings.of(object('a', '2', 'another')))).toBe(true);
  expect(changes(() => readings.keep([object('a', '2', 'another')]))).toBe(false);
  expect(changes(() => readings.keep([]))).toBe(true);
  expect(reads).toBe(3);
});
