import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseSlot, networkOf, overlaps, SLOTS } from '../../platform/layout/network.ts';

const slots = Array.from({ length: SLOTS }, (_, slot) => slot);

test('two platforms share no address, interface, namespace or loopback port', () => {
  const all = slots.map(networkOf);
  const distinct = (values: readonly (string | number)[]) => expect(new Set(values).size).toBe(values.length);
  distinct(all.map(({ bridge }) => bridge));
  distinct(all.map(({ temporalNamespace }) => temporalNamespace));
  distinct(all.map(({ temporalLink }) => temporalLink));
  distinct(
    all.flatMap(({ nodeAddress, temporalAddress, podRangeStart }) => [nodeAddress, temporalAddress, podRangeStart]),
  );
  distinct(all.flatMap(({ loopback }) => Object.values(loopback)));
  for (const a of all) for (const b of all) if (a !== b) expect(overlaps(a.podCidr, b.podCidr)).toBe(false);
});

test('interface names fit the kernel and ports stay below the ephemeral range', () => {
  for (const network of slots.map(networkOf)) {
    for (const name of [network.bridge, network.temporalLink]) expect(name.length).toBeLessThanOrEqual(15);
    for (const port of Object.values(network.loopback)) expect(port).toBeLessThan(32_768);
  }
});

test('node and Temporal lie in the pod network, before the addresses that pods get', () => {
  const { nodeAddress, temporalAddress, podCidr, podRangeStart } = networkOf(3);
  for (const address of [nodeAddress, temporalAddress, podRangeStart]) expect(overlaps(address, podCidr)).toBe(true);
  expect([nodeAddress, temporalAddress, podRangeStart]).toEqual(['10.233.3.1', '10.233.3.2', '10.233.3.16']);
});

test('the first free slot is chosen, and none that an existing route covers', () => {
  expect(chooseSlot([], [])).toBe(0);
  expect(chooseSlot([0, 1, 3], [])).toBe(2);
  expect(chooseSlot([], ['10.233.0.0/23', '192.168.1.0/24'])).toBe(2);
  expect(chooseSlot([], ['10.0.0.0/8'])).toBeUndefined();
  expect(chooseSlot(slots, [])).toBeUndefined();
});

test('overlap is symmetric and holds exactly when one network contains the other', () => {
  const cidr = fc.tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.integer({ min: 8, max: 32 }));
  fc.assert(
    fc.property(cidr, cidr, ([a, b, bits], [c, d, others]) => {
      const [one, other] = [`10.${a}.${b}.0/${bits}`, `10.${c}.${d}.0/${others}`];
      const prefix = Math.min(bits, others);
      const value = (x: number, y: number) => (10 * 2 ** 24 + x * 2 ** 16 + y * 2 ** 8) / 2 ** (32 - prefix);
      expect(overlaps(one, other)).toBe(Math.floor(value(a, b)) === Math.floor(value(c, d)));
      expect(overlaps(other, one)).toBe(overlaps(one, other));
    }),
  );
});

test('a slot outside of the range is refused', () => {
  expect(() => networkOf(SLOTS)).toThrow(RangeError);
  expect(() => networkOf(-1)).toThrow(RangeError);
});
