import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Dated, findConflicts } from '../../api/declared-conflicts.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { declared } from '../schedules/manifests.ts';
import { declaredDestination } from './destinations.ts';

const at = (minute: number): string => `2026-11-25T09:${String(minute).padStart(2, '0')}:00Z`;

interface SourceShape {
  readonly name: string;
  readonly namespace?: string;
  readonly claim?: string;
  readonly secret?: string;
  readonly username?: string;
  readonly hostname?: string;
  readonly volume?: string;
}

function source(shape: SourceShape, minute = 0): Dated<DeclaredSource> {
  const { name, namespace = 'demo', claim = name, secret = 'secret', username, hostname, volume } = shape;
  const moverVolumes = volume
    ? [{ mountPath: 'repository', volumeSource: { persistentVolumeClaim: { claimName: volume } } }]
    : undefined;
  const read = declared({
    name,
    spec: {
      sourcePVC: claim,
      kopia: { copyMethod: 'Snapshot', repository: secret, username, hostname, moverVolumes },
    },
  });
  const request = { ...read.request, namespace };
  return { declared: { ...read, namespace, request }, creationTimestamp: at(minute) };
}

const destination = (
  { name, claim, namespace = 'demo' }: { name: string; claim?: string | undefined; namespace?: string },
  minute = 0,
): Dated<DeclaredDestination> => ({
  declared: declaredDestination({ name, namespace, kopia: { destinationPVC: claim } }),
  creationTimestamp: at(minute),
});

const lines = (
  sources: readonly Dated<DeclaredSource>[],
  destinations: readonly Dated<DeclaredDestination>[] = [],
): string[] =>
  findConflicts(sources, destinations).flatMap(({ kind, namespace, name, problems }) =>
    problems.map(({ field, message }) => `${kind} ${namespace}/${name}: ${field}: ${message}`),
  );

describe('objects that claim the same thing', () => {
  it('two sources with one identity in one repository: the younger is held, whatever its name', () => {
    expect(lines([source({ name: 'a', username: 'plex' }, 2), source({ name: 'b', username: 'plex' }, 1)])).toEqual([
      'ReplicationSource demo/a: spec.kopia.username: would file snapshots as plex@demo:/data, as does the older ReplicationSource demo/b, which acts in the same repository: give one of them another username, hostname or sourcePathOverride, or delete one',
    ]);
  });

  it('also across namespaces, where Secret and volume have the same names', () => {
    const shape = { username: 'plex', hostname: 'home' };
    const elder = source({ ...shape, name: 'a', namespace: 'one' }, 1);
    expect(lines([elder, source({ ...shape, name: 'a', namespace: 'two' }, 2)])).toHaveLength(1);
    expect(lines([elder, source({ ...shape, name: 'a', namespace: 'two', secret: 'other' }, 2)])).toEqual([]);
    expect(lines([elder, source({ ...shape, name: 'a', namespace: 'two', volume: 'other' }, 2)])).toEqual([]);
  });

  it('one claim twice into one repository; several repositories of one claim are normal', () => {
    const elder = source({ name: 'app', claim: 'app' }, 1);
    expect(lines([source({ name: 'app-2', claim: 'app' }, 2), elder])).toEqual([
      "ReplicationSource demo/app-2: spec.sourcePVC: 'app' is backed up into the repository of Secret 'secret' by the older ReplicationSource demo/app, which acts: delete one of them, or name another repository's Secret in spec.kopia.repository",
    ]);
    expect(lines([elder, source({ name: 'app-b2', claim: 'app', secret: 'b2' }, 2)])).toEqual([]);
    expect(lines([elder, source({ name: 'other', claim: 'app', namespace: 'other' }, 2)])).toEqual([]);
  });

  it('one claim restored by two destinations; those that name no claim never meet', () => {
    expect(
      lines([], [destination({ name: 'b', claim: 'app' }, 1), destination({ name: 'a', claim: 'app' }, 1)]),
    ).toEqual([
      "ReplicationDestination demo/b: spec.kopia.destinationPVC: 'app' is restored by the older ReplicationDestination demo/a, which acts: delete one of them, or name another claim",
    ]);
    expect(lines([], [destination({ name: 'a' }), destination({ name: 'b' })])).toEqual([]);
    expect(
      lines([], [destination({ name: 'a', claim: 'app' }), destination({ name: 'a', claim: 'app', namespace: 'x' })]),
    ).toEqual([]);
  });

  it('are looked for among those that share something, not among all', () => {
    let reads = 0;
    const counted = Array.from({ length: 500 }, (_, index) => {
      const { declared: read, creationTimestamp } = source({ name: `a${index}` }, index % 60);
      const { request, ...rest } = read;
      const one = Object.defineProperty({ ...rest } as DeclaredSource, 'request', {
        get: () => {
          reads++;
          return request;
        },
      });
      return { declared: one, creationTimestamp };
    });
    expect(findConflicts(counted, [])).toEqual([]);
    expect(reads).toBeLessThan(500 * 10);
  });

  it('what is held holds nobody', () => {
    const first = source({ name: 'a', claim: 'one', username: 'x' }, 1);
    const second = source({ name: 'b', claim: 'one', username: 'y' }, 2);
    const third = source({ name: 'c', claim: 'two', username: 'y' }, 3);
    expect(findConflicts([first, second, third], []).map(({ name }) => name)).toEqual(['b']);
  });
});

describe('any set of objects', () => {
  const few = (...texts: string[]) => fc.constantFrom(...texts);
  const anySources = fc.uniqueArray(
    fc
      .record({
        name: few('a', 'b', 'c', 'd'),
        namespace: few('one', 'two'),
        claim: few('x', 'y'),
        secret: few('s', 't'),
        username: few('u', 'v'),
        hostname: few('h', 'i'),
        minute: fc.integer({ min: 0, max: 3 }),
      })
      .map(({ minute, ...shape }) => source(shape, minute)),
    { selector: ({ declared: { namespace, name } }) => `${namespace}/${name}`, maxLength: 8 },
  );

  it('gets the same answer in any order', () => {
    fc.assert(
      fc.property(
        anySources.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(findConflicts(shuffled, [])).toEqual(findConflicts(all, []));
        },
      ),
    );
  });

  it('leaves actors that do not clash, and each held object clashes with an actor that is not younger', () => {
    fc.assert(
      fc.property(anySources, (all) => {
        const label = ({ namespace, name }: { namespace: string; name: string }) => `${namespace}/${name}`;
        const heldLabels = new Set(findConflicts(all, []).map(label));
        const actors = all.filter((one) => !heldLabels.has(label(one.declared)));
        expect(findConflicts(actors, [])).toEqual([]);
        for (const one of all.filter(({ declared }) => heldLabels.has(label(declared)))) {
          const elders = actors.filter(({ creationTimestamp }) => creationTimestamp <= one.creationTimestamp);
          expect(findConflicts([...elders, one], []).map(label)).toEqual([label(one.declared)]);
        }
      }),
    );
  });

  it('has exactly one actor in each group of one repository, identity and claim', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(few('a', 'b', 'c', 'd', 'e'), { minLength: 1 }),
        fc.infiniteStream(fc.nat({ max: 9 })),
        (names, minutes) => {
          const group = names.map((name) => source({ name, claim: 'x', username: 'u' }, minutes.next().value));
          expect(group.length - findConflicts(group, []).length).toBe(1);
        },
      ),
    );
  });
});
