import { describe, expect, it } from 'vitest';
import { type AdoptionFacts, planAdoption, selectNamed } from '../../cli/adoption.ts';
import { accessProblem, secretProblem } from '../../cli/adoption-problems.ts';
import { planRelease } from '../../cli/release.ts';
import { howToStopVolSync, readVolSyncState } from '../../cli/volsync-state.ts';
import type { SourceInspection } from '../../workflows/repository/inspect-contract.ts';
import { condition, destinationObject, sourceObject, volsyncStatus, worldOf } from './declared.ts';

const inspection = (identity: string, change: Partial<SourceInspection> = {}): SourceInspection => ({
  identity,
  count: 30,
  newest: '2026-11-23T11:00:00Z',
  oldest: '2026-01-01T00:00:00Z',
  bytes: 1,
  removed: { count: 0, ids: [] },
  policy: { retain: {}, compression: '' },
  policyDiffers: false,
  similar: [],
  ...change,
});

const facts = (world: AdoptionFacts['world'], change: Partial<AdoptionFacts> = {}): AdoptionFacts => ({
  world,
  volsyncActs: false,
  inspected: new Map([['app-src@demo:/data', inspection('app-src@demo:/data')]]),
  secrets: new Map([['demo/app-volsync-secret', ['KOPIA_PASSWORD']]]),
  claims: new Set(['demo/app-config']),
  named: () => false,
  ...change,
});

const adoptable = { status: volsyncStatus };
const adoption = { asIfAdopted: true };

describe('a source that VolSync looked after', () => {
  it('is ready when the repository holds its snapshots, with its destination', () => {
    const world = worldOf([sourceObject(adoptable)], [destinationObject(adoptable)], adoption);
    const plan = planAdoption(facts(world));
    expect(plan.rows).toEqual([
      {
        ...{ namespace: 'demo', name: 'app-src', state: 'Ready', claim: 'app-config', identity: 'app-src@demo:/data' },
        snapshots: { count: 30, newest: '2026-11-23T11:00:00Z', oldest: '2026-01-01T00:00:00Z' },
        removed: { count: 0 },
        unsupported: [],
        problems: [],
      },
    ]);
    expect(plan.sources).toHaveLength(1);
    expect(plan.destinations).toHaveLength(1);
  });

  it('is never ready while the operator acts', () => {
    const world = worldOf([sourceObject(adoptable)], [], { ...adoption, volsyncActs: true });
    const plan = planAdoption(facts(world, { volsyncActs: true }));
    expect(plan.rows[0]?.state).toBe('VolSyncActs');
    expect(plan.sources).toEqual([]);
  });

  it('without snapshots under its identity is adopted only by name, and names what looks like it', () => {
    const world = worldOf([sourceObject(adoptable)], [], adoption);
    const empty = inspection('app-src@demo:/data', { count: 0, similar: ['app@demo:/data'] });
    const inspected = new Map([[empty.identity, empty]]);
    const plan = planAdoption(facts(world, { inspected }));
    expect(plan.rows[0]).toMatchObject({
      state: 'NoSnapshots',
      message: 'no snapshots under this identity; identities that look like it: app@demo:/data',
    });
    expect(plan.sources).toEqual([]);
    expect(planAdoption(facts(world, { inspected, named: () => true })).sources).toHaveLength(1);
  });

  it.each([
    ['Invalid', { ...adoptable, spec: { trigger: { schedule: 'often' } } }],
    ['Adopted', { ...adoptable, control: 'adopted' as const }],
    ['Managed', {}],
  ])('%s ones are shown and not touched', (state, change) => {
    const plan = planAdoption(facts(worldOf([sourceObject(change)], [], adoption)));
    expect(plan.rows[0]?.state).toBe(state);
    expect(plan.sources).toEqual([]);
  });

  it('that claims what an elder one has is held, and says which', () => {
    const twin = sourceObject({ ...adoptable, name: 'twin', created: '2026-06-01T00:00:00Z' });
    const plan = planAdoption(facts(worldOf([sourceObject(adoptable), twin], [], adoption)));
    expect(plan.rows.map(({ state }) => state)).toEqual(['Ready', 'Conflict']);
    expect(plan.rows[1]?.message).toContain('demo/app-src');
  });

  it('is adopted without its claim, and with fields that have no effect; both are told', () => {
    const world = worldOf([sourceObject({ ...adoptable, kopia: { actions: { before: 'sync' } } })], [], adoption);
    const plan = planAdoption(facts(world, { claims: new Set() }));
    expect(plan.sources).toHaveLength(1);
    expect(plan.rows[0]).toMatchObject({
      unsupported: ['spec.kopia.actions'],
      problems: ['claim demo/app-config does not exist'],
    });
  });

  it('chosen by name brings the destinations of its claim or its identity, and no others', () => {
    const other = sourceObject({ ...adoptable, name: 'db-src', spec: { sourcePVC: 'db' } });
    const destinations = [
      destinationObject(adoptable),
      destinationObject({ ...adoptable, name: 'db-dst', kopia: { destinationPVC: 'db' } }),
      destinationObject({
        ...adoptable,
        name: 'app-manual',
        kopia: { destinationPVC: 'elsewhere', sourceIdentity: { sourceName: 'app-src' } },
      }),
    ];
    const chosen = selectNamed(worldOf([sourceObject(adoptable), other], destinations, adoption), ['app-src']);
    expect(chosen.sources.map(({ manifest }) => manifest.metadata.name)).toEqual(['app-src']);
    expect(chosen.destinations.map(({ manifest }) => manifest.metadata.name)).toEqual(['app-dst', 'app-manual']);
  });
});

describe('what stands in the way', () => {
  it.each([
    ['Missing' as const, 'does not exist'],
    [['KOPIA_REPOSITORY'], 'has no key KOPIA_PASSWORD'],
    [['AWS_ACCESS_KEY_ID', 'KOPIA_PASSWORD'], undefined],
    [['KOPIA_PASSWORD', 'KOPIA_REPOSITORY'], undefined],
    ['Forbidden' as const, undefined],
    [undefined, undefined],
  ])('Secret with %j: %s', (keys, text) => {
    const problem = secretProblem('demo/s', keys);
    if (text === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(text);
  });

  it.each([
    [[1000], 1000, false],
    [[1000], 568, true],
    [[1000, 568], 568, true],
    [[1000], 0, false],
    [[568], undefined, true],
  ])('folders closed to all but uid %j, a mover of uid %s: told %s', (owners, user, told) => {
    const access = { looked: 9, closedFolders: 3, closedFiles: 5, owners, examples: ['p'] };
    expect(accessProblem(access, user) !== undefined).toBe(told);
    expect(accessProblem({ ...access, closedFolders: 0, closedFiles: 0 }, user)).toBeUndefined();
  });
});

describe("VolSync's operator", () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const lease = { namespace: 'volsync-system', holder: 'volsync-1', leaseDurationSeconds: 137 };
  const deployment = { namespace: 'volsync-system', name: 'volsync', replicas: 1 };
  it.each([
    ['nothing of it is there', [], [], false],
    ['its lease was renewed just now', [{ ...lease, renewTime: '2026-11-23T11:59:59Z' }], [], true],
    ['within twice its duration', [{ ...lease, renewTime: '2026-11-23T11:55:27Z' }], [], true],
    ['its lease is old', [{ ...lease, renewTime: '2026-11-23T11:55:26Z' }], [], false],
    ['its lease was given back', [{ ...lease, holder: '', renewTime: '2026-11-23T11:59:59Z' }], [], false],
    ['its lease says no time', [lease], [], true],
    ['its Deployment wants a pod', [], [deployment], true],
    ['its Deployment is scaled to 0', [], [{ ...deployment, replicas: 0 }], false],
  ])('%s', (_what, leases, deployments, acting) => {
    expect(readVolSyncState(leases, deployments, now).acting).toBe(acting);
  });

  it('is stopped by the command that names what was found', () => {
    const state = readVolSyncState([], [{ namespace: 'backup', name: 'my-volsync', replicas: 2 }], now);
    expect(howToStopVolSync(state)).toBe('kubectl -n backup scale deploy my-volsync --replicas=0');
    expect(howToStopVolSync(readVolSyncState([], [], now))).toBe(
      'kubectl -n volsync-system scale deploy volsync --replicas=0',
    );
  });
});

it('a release hands back what Stowage acts on, cleans up after an unfinished one, and leaves what is under way', () => {
  const own = [
    condition('Synchronizing', 'False', 'WaitingForSchedule'),
    condition('Protected', 'True', 'BackupProven'),
  ];
  const world = worldOf([
    sourceObject({ name: 'a', status: { conditions: own } }),
    sourceObject({ name: 'b', status: { conditions: own }, control: 'released' }),
    sourceObject({ name: 'c', status: volsyncStatus, control: 'released' }),
    sourceObject({ name: 'd', status: volsyncStatus }),
    sourceObject({ name: 'e', status: { conditions: own, lastSyncStartTime: '2026-11-23T11:00:00Z' } }),
  ]);
  const plan = planRelease(world);
  expect(plan.rows.map(({ name, state }) => `${name} ${state}`)).toEqual([
    ...['a Managed', 'b Leftovers', 'c Released', 'd NotAdopted', 'e Busy'],
  ]);
  expect(plan.objects.map(({ manifest }) => manifest.metadata.name)).toEqual(['a', 'b']);
});
