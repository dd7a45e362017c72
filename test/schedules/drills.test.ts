import { describe, expect, it } from 'vitest';
import { resolveDrill } from '../../api/drill-request.ts';
import { type DeclaredRepository, readKopiaRepository } from '../../api/kopia-repository.ts';
import { desiredDrills } from '../../schedules/drills.ts';
import { isDrillId } from '../../workflows/drill/contract.ts';
import { declared } from './manifests.ts';

const repository = (spec: object, name = 'kopia'): DeclaredRepository => {
  const reading = readKopiaRepository({ metadata: { name, namespace: 'stowage-system' }, spec });
  if (reading.kind !== 'Repository') throw new Error(JSON.stringify(reading));
  return reading.declared;
};
const only = (...args: Parameters<typeof desiredDrills>) => {
  const [schedule, ...more] = desiredDrills(...args);
  if (!schedule || more.length > 0) throw new Error('one schedule expected');
  return schedule;
};
const many = Array.from({ length: 600 }, (_, i) => declared({ name: `app-${i}` }));

describe('the schedule of drills', () => {
  it('starts drillVolume with what the source declares of its volume, and nothing that only a backup has', () => {
    const kopia = { username: 'emby', retain: { daily: 7 }, moverSecurityContext: { runAsUser: 568 } };
    const { scheduleId, settings, startAtOnce, pausedBecause } = only([declared({ kopia })], []);
    expect({ scheduleId, startAtOnce, pausedBecause }).toEqual({
      ...{ scheduleId: 'drill/demo/app-src', startAtOnce: false, pausedBecause: undefined },
    });
    expect(settings).toMatchObject({ workflowType: 'drillVolume', workflowId: 'drill/demo/app-src', overlap: 'SKIP' });
    expect(settings.request).toEqual({
      ...{ namespace: 'demo', claim: 'app-config', source: 'app-src', secretName: 'app-volsync-secret' },
      ...{ identity: { username: 'emby' }, cache: {}, moverSecurityContext: { runAsUser: 568 } },
    });
    expect([isDrillId(scheduleId), isDrillId('backup/demo/app-src')]).toEqual([true, false]);
    expect(resolveDrill(settings.request).restore.identity).toMatchObject({ username: 'emby', hostname: 'demo' });
  });

  it('is once a month, on a day that every month has, and stays where it is', () => {
    for (const { settings } of desiredDrills(many, [])) {
      const [times] = settings.calendars;
      expect([times?.dayOfMonth.length, times?.hour.length, times?.minute.length, times?.month.length]).toEqual([
        1, 1, 1, 12,
      ]);
      expect(times?.dayOfMonth[0]).toBeLessThanOrEqual(28);
    }
    expect(desiredDrills(many, [])).toEqual(desiredDrills([...many].reverse(), []));
  });

  it('spreads many over days and hours of the month: none has more than four times its share', () => {
    const times = desiredDrills(many, []).map(({ settings }) => settings.calendars[0]!);
    const most = (values: number[]) => Math.max(...values.map((one) => values.filter((other) => other === one).length));
    expect(most(times.map(({ dayOfMonth }) => dayOfMonth[0]!))).toBeLessThan((4 * many.length) / 28);
    expect(most(times.map(({ hour }) => hour[0]!))).toBeLessThan((4 * many.length) / 24);
  });

  it('follows what the repository of the source declares, spread over an hour', () => {
    const weekly = repository({ drills: { schedule: '0 3 * * 0', check: { image: 'sqlite', command: ['true'] } } });
    const all = desiredDrills(many, [weekly, repository({ drills: { schedule: '0 9 * * *' } }, 'other')]);
    expect(new Set(all.map(({ settings }) => settings.calendars[0]?.minute[0])).size).toBeGreaterThan(30);
    expect(all[0]?.settings.calendars[0]).toMatchObject({ hour: [3], dayOfWeek: [0] });
    expect(all[0]?.settings.request).toMatchObject({ check: { image: 'sqlite', command: ['true'] } });
  });

  it('is held by the repository, or with its source; a manual trigger holds backups alone', () => {
    const off = repository({ drills: { paused: true } });
    expect(only([declared()], [off]).pausedBecause).toBe(
      'spec.drills.paused is true in KopiaRepository stowage-system/kopia',
    );
    expect(only([declared({ spec: { paused: true } })], []).pausedBecause).toContain('ReplicationSource demo/app-src');
    expect(only([declared({ spec: { trigger: { manual: 'x' } } })], []).pausedBecause).toBeUndefined();
  });
});

describe('spec.drills of a KopiaRepository', () => {
  const problems = (drills: object) => {
    const reading = readKopiaRepository({ metadata: { name: 'kopia', namespace: 'ns' }, spec: { drills } });
    return reading.kind === 'Invalid' ? reading.problems.map(({ field }) => field) : [];
  };

  it('may be left out, and with it each of its fields', () => {
    expect(repository({}).drills).toEqual({ paused: false });
    const check = { image: 'x', command: ['true'], resources: { limits: { cpu: 1 } } };
    expect(repository({ drills: { check } }).drills.check).toMatchObject({ resources: { limits: { cpu: '1' } } });
    expect(repository({ drills: { schedule: '', check: { image: '' } } }).drills).toEqual({ paused: false });
  });

  it('names every field that is wrong', () => {
    expect(problems({ schedule: 'often', check: { image: 'x', command: [], timeoutSeconds: 0 } })).toEqual([
      ...['spec.drills.schedule', 'spec.drills.check.command', 'spec.drills.check.timeoutSeconds'],
    ]);
    expect(problems({ check: { command: ['true'] } })).toEqual(['spec.drills.check.image']);
    expect(problems({ check: { image: 'x', command: ['true'], mountPath: '/tmp/' } })).toEqual([
      'spec.drills.check.mountPath',
    ]);
  });
});
