import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MaintenanceStatus } from '../../../api/maintenance-status.ts';
import { NAMESPACE, settings } from '../small-world.ts';
import { SECRET, type WatchWorld, watchWorld } from './watch-world.ts';

const ref = { namespace: NAMESPACE, name: 'daily' };
const ID = `maintain/${NAMESPACE}/daily`;
const maintenance = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'volsync.backube/v1alpha1',
  kind: 'KopiaMaintenance',
  metadata: { ...ref, ...metadata },
  spec: { repository: { repository: SECRET }, trigger: { schedule: 'CRON_TZ=Europe/Berlin 30 3 * * *' }, ...spec },
});
const manual = (value: string, spec: object = {}) => maintenance({ trigger: { manual: value }, ...spec });

let world: WatchWorld;
beforeEach(async () => {
  world = await watchWorld();
});
afterEach(() => world.stop());

const schedule = () => world.orchestrator.schedules.get(ID);
const object = () => world.cluster.get('KopiaMaintenance', ref);
const status = async (): Promise<MaintenanceStatus> => (await object())?.status ?? {};
const condition = async (type: string) => {
  const found = (await status()).conditions?.find((one) => one.type === type);
  return found && `${found.status}/${found.reason}: ${found.message}`;
};
const runs = () => world.orchestrator.runs.filter(({ workflowId }) => workflowId === ID);
/** What a run that ended writes. */
const recorded = (written: object) => world.cluster.applyStatus('KopiaMaintenance', ref, written, 'stowage-run');
async function applied(manifest: object, seconds = 5): Promise<void> {
  await world.apply(manifest);
  await world.pass(seconds);
}

describe('a KopiaMaintenance', () => {
  it('gets one schedule in its time zone, told the object and not its contents, and says when it is due', async () => {
    await applied(maintenance());
    expect(schedule()).toMatchObject({
      paused: false,
      settings: {
        timeZone: 'Europe/Berlin',
        workflowType: 'maintainRepository',
        request: { repository: 'kopia', declaredBy: ref },
      },
    });
    expect((await status()).nextScheduledMaintenance).toMatch(/T0[12]:30:00Z$/);
    expect(await condition('Ready')).toBe('True/MaintenanceActive: maintenance at 30 3 * * * Europe/Berlin');
    expect(await condition('MaintenanceHealthy')).toBe('True/OperatingNormally: no maintenance ended well yet');
    expect(await condition('FieldsHonoured')).toMatch(/^True/);
    expect((await status()).observedGeneration).toBe((await object())?.metadata?.generation);
  });

  it('is written once: nothing changes while nothing changed', async () => {
    await applied(maintenance({ trigger: { schedule: '@yearly' } }));
    const before = [world.orchestrator.writes, (await object())?.metadata];
    await world.pass(20 * 60);
    expect([world.orchestrator.writes, (await object())?.metadata]).toEqual(before);
  });

  it('that is suspended holds its schedule with a note, and takes it up again', async () => {
    await applied(maintenance({ suspend: true }));
    expect(schedule()).toMatchObject({ paused: true, note: expect.stringContaining('spec.suspend') });
    expect((await status()).nextScheduledMaintenance).toBeUndefined();
    await applied(maintenance());
    expect(schedule()?.paused).toBe(false);
  });

  it('that is disabled or deleted has no schedule, and touches none of another kind', async () => {
    await world.apply({
      apiVersion: 'stowage.dev/v1alpha1',
      kind: 'KopiaRepository',
      metadata: { namespace: settings.stowageNamespace, name: 'kopia' },
      spec: {},
    });
    await applied(maintenance());
    expect(await condition('Ready')).toContain('KopiaRepository stowage-system/kopia maintains the same repository');
    await applied(maintenance({ enabled: false }));
    expect(schedule()).toBeUndefined();
    expect(await condition('Ready')).toMatch(/^False\/MaintenanceDisabled/);
    await applied(maintenance());
    expect(schedule()).toBeDefined();
    await world.cluster.delete('KopiaMaintenance', ref);
    await world.pass(5);
    expect(schedule()).toBeUndefined();
    expect(world.orchestrator.schedules.has('maintain-full/stowage-system/kopia')).toBe(true);
  });

  it('that can not be read keeps its schedule, names the field, and holds up no other', async () => {
    await applied(maintenance());
    await world.apply(maintenance({}, { name: 'weekly' }));
    await applied(maintenance({ trigger: { schedule: '99 * * * *' } }), 6 * 60);
    expect(schedule()).toMatchObject({ settings: { timeZone: 'Europe/Berlin' }, paused: false });
    expect(await condition('Ready')).toMatch(/^False\/InvalidSpec: spec\.trigger\.schedule/);
    expect(world.orchestrator.schedules.has(`maintain/${NAMESPACE}/weekly`)).toBe(true);
  });

  it('whose Secret is not there holds its schedule until it comes', async () => {
    await applied(maintenance({ repository: { repository: 'later' } }));
    expect(schedule()).toMatchObject({ paused: true, note: expect.stringContaining('SecretMissing') });
    expect(await condition('Ready')).toContain('(spec.repository.repository) does not exist');
    await world.cluster.create('Secret', {
      metadata: { namespace: NAMESPACE, name: 'later' },
      data: { KOPIA_PASSWORD: 'cGFzcw==' },
    });
    await world.pass(15);
    expect(schedule()?.paused).toBe(false);
    expect(await condition('Ready')).toMatch(/^True/);
  });

  it('on which VolSync acts is not touched until it is adopted, nor once it is released', async () => {
    // VolSync's operator made it, and left a status of its own.
    await world.cluster.create('KopiaMaintenance', maintenance());
    world.cluster.update('KopiaMaintenance', ref, {
      status: { conditions: [{ type: 'Progressing', status: 'True' }] },
    });
    await world.pass(5);
    expect(schedule()).toBeUndefined();
    expect((await status()).conditions?.map(({ type }) => type)).toEqual(['Progressing']);
    const control = async (value: string) => {
      await world.cluster.patch('KopiaMaintenance', ref, {
        metadata: { annotations: { 'stowage.dev/control': value } },
      });
      await world.pass(5);
    };
    await control('adopted');
    expect(schedule()).toBeDefined();
    expect(await condition('Ready')).toMatch(/^True/);
    await control('released');
    expect(schedule()).toBeUndefined();
  });

  it('in a namespace that is not watched is not ours', async () => {
    await applied(maintenance({}, { namespace: settings.stowageNamespace }));
    expect([...world.orchestrator.schedules.keys()]).toEqual([]);
  });

  it('is unhealthy after five failures in a row, as VolSync says it', async () => {
    await applied(maintenance());
    await recorded({ maintenanceFailures: 4, lastMaintenanceTime: '2026-11-20T02:30:00Z' });
    await world.pass(5);
    expect(await condition('MaintenanceHealthy')).toMatch(/^True\/OperatingNormally: 4 failed in a row/);
    await recorded({ maintenanceFailures: 5, lastMaintenanceTime: '2026-11-20T02:30:00Z' });
    await world.pass(5);
    expect(await condition('MaintenanceHealthy')).toMatch(
      /^False\/ExcessiveFailures: .*last good maintenance at 2026-11-20T02:30:00Z$/,
    );
  });
});

describe('a manual trigger', () => {
  it('starts one run for each new value, and has no schedule', async () => {
    await applied(manual('one'));
    expect(schedule()).toBeUndefined();
    expect(runs()).toMatchObject([{ request: { repository: 'kopia', declaredBy: { ...ref, manual: 'one' } } }]);
    await recorded({ maintenanceFailures: 0, lastManualSync: 'one' });
    world.orchestrator.end(runs()[0]!, { state: 'Completed' });
    await world.pass(10 * 60);
    expect(runs()).toHaveLength(1);
    expect(await condition('Ready')).toBe("True/MaintenanceActive: spec.trigger.manual 'one' is answered");
    await applied(manual('two'), 60);
    expect(runs()).toHaveLength(2);
  });

  it('is answered by a run that ended well only: one that was left out is started again', async () => {
    await applied(manual('one'));
    world.orchestrator.end(runs()[0]!, { state: 'Completed' });
    await world.pass(60);
    expect(runs()).toHaveLength(2);
  });

  it('starts nothing while it is suspended', async () => {
    await applied(manual('one', { suspend: true }), 60);
    expect(runs()).toEqual([]);
    await applied(manual('one'), 60);
    expect(runs()).toHaveLength(1);
  });
});
