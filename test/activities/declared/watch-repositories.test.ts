import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortError } from '../../../activities/ports/port-error.ts';
import { REPOSITORY_API_VERSION, REPOSITORY_KIND } from '../../../api/declared-object.ts';
import { isCareId } from '../../../workflows/care/contract.ts';
import { manifest } from '../../schedules/manifests.ts';
import { settings } from '../small-world.ts';
import { addClaim, type WatchWorld, watchWorld } from './watch-world.ts';

const ref = { namespace: settings.stowageNamespace, name: 'kopia' };
const repository = (spec: object = {}, namespace = ref.namespace) => ({
  apiVersion: REPOSITORY_API_VERSION,
  kind: REPOSITORY_KIND,
  metadata: { namespace, name: ref.name },
  spec,
});

let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const careSchedules = () => [...world.orchestrator.schedules.keys()].filter(isCareId).sort();
const status = async () => (await world.cluster.get('KopiaRepository', ref))?.status;
const condition = async (type: string) => {
  const found = (await status())?.conditions?.find((one) => one.type === type);
  return found && `${found.status}/${found.reason}: ${found.message}`;
};

describe('a declared repository', () => {
  it('gets the schedules of its care, and says when each is due', async () => {
    await world.apply(repository());
    await world.pass(5);
    expect(careSchedules()).toContain('maintain-full/stowage-system/kopia');
    expect(careSchedules()).toContain('maintain-quick/stowage-system/kopia');
    expect(await condition('Accepted')).toMatch(/^True\/Accepted/);
    expect(await condition('Healthy')).toMatch(/^Unknown\/NotCaredForYet/);
    expect((await status())?.care?.fullMaintenance?.nextTime).toMatch(/T02:37:00Z$/);
  });

  it('is written once: nothing changes while nothing changed', async () => {
    // Times so far away that none passes during the test.
    const yearly = { quickSchedule: '@yearly', fullSchedule: '@yearly' };
    const verification = { quickSchedule: '@yearly', deepSchedule: '@yearly' };
    await world.apply(repository({ maintenance: yearly, verification }));
    await world.pass(5);
    const before = [world.orchestrator.writes, (await world.cluster.get('KopiaRepository', ref))?.metadata];
    await world.pass(20 * 60);
    expect([world.orchestrator.writes, (await world.cluster.get('KopiaRepository', ref))?.metadata]).toEqual(before);
  });

  it('that is paused holds its schedules with a note, and takes them up again', async () => {
    await world.apply(repository({ maintenance: { paused: true } }));
    await world.pass(5);
    const schedule = () => world.orchestrator.schedules.get('maintain-full/stowage-system/kopia');
    expect(schedule()).toMatchObject({ paused: true, note: expect.stringContaining('spec.maintenance.paused') });
    await world.apply(repository());
    await world.pass(5);
    expect(schedule()?.paused).toBe(false);
  });

  it('that can not be read keeps its schedules and names the field', async () => {
    await world.apply(repository());
    await world.pass(5);
    const before = careSchedules();
    await world.apply(repository({ maintenance: { fullSchedule: '99 * * * *' } }));
    await world.pass(6 * 60);
    expect(careSchedules()).toEqual(before);
    expect(await condition('Accepted')).toMatch(/^False\/InvalidSpec: spec\.maintenance\.fullSchedule/);
  });

  it('that is deleted has no schedules any more, and the schedules of sources are never taken for its own', async () => {
    await world.apply(repository());
    await world.pass(5);
    await world.cluster.delete('KopiaRepository', ref);
    await world.pass(5);
    expect(careSchedules()).toEqual([]);
  });

  it('in another namespace is not ours', async () => {
    await world.apply(repository({}, 'demo'));
    await world.pass(5);
    expect(careSchedules()).toEqual([]);
  });

  it('shows a failed run of its care in its health', async () => {
    await world.apply(repository());
    await world.pass(5);
    const failed = { lastResult: 'Failed', message: 'ClockSkew: clocks are apart' };
    await world.cluster.applyStatus(
      'KopiaRepository',
      ref,
      { care: { fullMaintenance: failed } },
      'stowage-fullMaintenance',
    );
    await world.pass(5);
    expect(await condition('Healthy')).toMatch(/^False\/ClockSkew: full maintenance: ClockSkew: clocks are apart/);
  });

  it('tells the source whose snapshots need what a verification found damaged, and takes it back when it is gone', async () => {
    await addClaim(world, 'app-config');
    await world.apply(manifest());
    await world.apply(repository());
    await world.pass(5);
    const restorable = () => world.condition('ReplicationSource', 'app-src', 'Restorable');
    expect(await restorable()).toBeUndefined();
    const damage = (identities: string[]) => ({
      damage: [
        {
          found: 'quick',
          time: '2026-11-25T04:00:00Z',
          message: 'p1 is missing',
          identities,
          snapshots: 3,
          blobs: ['p1'],
        },
      ],
    });
    await world.cluster.applyStatus('KopiaRepository', ref, damage(['other-src@demo:/data']), 'stowage-damage');
    await world.pass(5);
    expect(await restorable()).toBeUndefined();
    await world.cluster.applyStatus('KopiaRepository', ref, damage(['app-src@demo:/data']), 'stowage-damage');
    await world.pass(5);
    expect(await restorable()).toBe('False/RepositoryCorrupt: p1 is missing (found 2026-11-25T04:00:00Z)');
    await world.cluster.applyStatus('KopiaRepository', ref, { damage: [] }, 'stowage-damage');
    await world.pass(5);
    expect(await restorable()).toMatch(/^True\/NoDamageKnown/);
  });

  it('has a drill a month for each source, made when nothing changes any more, and held where it says so', async () => {
    await addClaim(world, 'app-config');
    await world.apply(manifest());
    const drill = () => world.orchestrator.schedules.get('drill/demo/app-src');
    await world.pass(10);
    expect(drill()).toBeUndefined();
    await world.pass(30);
    expect(drill()).toMatchObject({ paused: false, settings: { workflowType: 'drillVolume' } });
    await world.apply(repository({ drills: { paused: true } }));
    await world.pass(40);
    expect(drill()).toMatchObject({ paused: true, note: expect.stringContaining('spec.drills.paused') });
    await world.cluster.delete('ReplicationSource', { namespace: 'demo', name: 'app-src' });
    await world.pass(40);
    expect(drill()).toBeUndefined();
  });

  it('whose status is refused fails no pass, and is told a minute later', async () => {
    world.faults.add({
      method: 'applyStatus',
      kind: 'KopiaRepository',
      name: 'kopia',
      times: 1,
      error: new PortError('Forbidden', 'may not patch kopiarepositories/status'),
    });
    await world.apply(repository());
    await world.pass(10);
    expect(world.small.heartbeats.at(-1)).toMatchObject({ held: { Forbidden: 1 } });
    expect(world.small.heartbeats.at(-1)).not.toHaveProperty('problem');
    expect(await condition('Accepted')).toBeUndefined();
    await world.pass(65);
    expect(await condition('Accepted')).toMatch(/^True/);
  });
});
