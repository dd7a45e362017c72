import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCron } from '../../api/cron-schedule.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import { isRunOf } from '../../schedules/ids.ts';
import { longestIntervalSeconds } from '../../schedules/interval.ts';
import { spreadOffsetSeconds } from '../../schedules/spread.ts';
import { ranges } from '../../schedules/temporal-options.ts';
import { declared } from './manifests.ts';

const cron = (text: string) => {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(reading.problems.join('; '));
  return reading.cron;
};
const only = (...args: Parameters<typeof desiredSchedules>) => {
  const [schedule, ...more] = desiredSchedules(...args);
  if (!schedule || more.length > 0) throw new Error('one schedule expected');
  return schedule;
};

describe('the schedule of a source', () => {
  it('starts backupVolume with the declared request, under names that a person recognises', () => {
    const { scheduleId, settings, pausedBecause, startAtOnce } = only([declared()]);
    expect({ scheduleId, pausedBecause, startAtOnce }).toEqual({
      scheduleId: 'backup/demo/app-src',
      pausedBecause: undefined,
      startAtOnce: true,
    });
    expect(settings).toMatchObject({
      workflowType: 'backupVolume',
      workflowId: 'backup/demo/app-src',
      taskQueue: 'control',
      overlap: 'SKIP',
      pauseOnFailure: false,
      catchUpSeconds: 3600,
      timeZone: 'UTC',
      request: { namespace: 'demo', claim: 'app-config', source: 'app-src', secretName: 'app-volsync-secret' },
      searchAttributes: { StowageNamespace: 'demo', StowageClaim: 'app-config', StowageRepository: 'kopia' },
      summary: 'Backup of demo/app-config to kopia',
    });
    expect(settings.details).toContain('`0 * * * *`, UTC');
    expect(settings.calendars[0]?.comment).toContain('Every hour');
  });

  it('unites two calendars where cron takes either day', () => {
    const { calendars } = only([declared({ spec: { trigger: { schedule: '0 0 1 * 1' } } })]).settings;
    expect(calendars.map(({ dayOfMonth, dayOfWeek }) => [dayOfMonth.length, dayOfWeek.length])).toEqual([
      [1, 7],
      [31, 1],
    ]);
  });

  it.each([
    ['spec.paused', { paused: true }],
    ['spec.trigger.manual', { trigger: { schedule: '0 * * * *', manual: 'x' } }],
  ])('is held by %s, says so, and starts nothing', (field, spec) => {
    const schedule = only([declared({ spec })]);
    expect(schedule.pausedBecause).toContain(field);
    expect(schedule.startAtOnce).toBe(false);
  });

  it('does not exist for a source with only a manual trigger, and is hourly for one without any', () => {
    expect(desiredSchedules([declared({ spec: { trigger: { manual: 'x' } } })])).toEqual([]);
    expect(only([declared({ spec: { trigger: undefined } })]).settings.catchUpSeconds).toBe(3600);
  });

  it('starts no run at once for a source that ran before', () => {
    expect(only([declared({ status: { lastSyncTime: '2025-11-21T00:01:09Z' } })]).startAtOnce).toBe(false);
  });

  it('is refused when two sources share one name', () => {
    expect(() => desiredSchedules([declared(), declared()])).toThrow(/backup\/demo\/app-src is declared twice/);
  });
});

describe('the spread', () => {
  it('is stable, within its bound, and never leaves the hour', () => {
    const expressions = fc.constantFrom('0 * * * *', '59 23 * * *', '*/5 * * * *', '30 2 * * *', '* * * * *');
    fc.assert(
      fc.property(fc.string(), expressions, fc.integer({ min: 0, max: 7200 }), (id, text, spread) => {
        const offset = spreadOffsetSeconds(id, cron(text), spread);
        expect(offset).toBe(spreadOffsetSeconds(id, cron(text), spread));
        expect(offset).toBeLessThan(Math.max(1, spread));
        const lastMinute = cron(text).minutes.at(-1) ?? 0;
        expect(lastMinute * 60 + offset).toBeLessThan(3600);
      }),
    );
  });

  it('hands a thousand hourly sources out evenly: no second takes more than a few', () => {
    const perSecond = new Map<number, number>();
    for (let index = 0; index < 1000; index++) {
      const offset = spreadOffsetSeconds(`backup/default/app-${index}-src`, cron('0 * * * *'), 120);
      perSecond.set(offset, (perSecond.get(offset) ?? 0) + 1);
    }
    expect(perSecond.size).toBeGreaterThan(110);
    expect(Math.max(...perSecond.values())).toBeLessThan(25);
  });

  it('moves minutes and seconds of the calendar', () => {
    const { calendars } = only([declared()], { spreadSeconds: 3600 }).settings;
    const offset = spreadOffsetSeconds('backup/demo/app-src', cron('0 * * * *'), 3600);
    expect(calendars[0]).toMatchObject({ minute: [Math.floor(offset / 60)], second: [offset % 60] });
    expect(only([declared()], { spreadSeconds: 0 }).settings.calendars[0]).toMatchObject({ minute: [0], second: [0] });
  });
});

describe('the longest interval between two ticks', () => {
  it.each([
    ['* * * * *', 60],
    ['0 * * * *', 3600],
    ['0,1 * * * *', 59 * 60],
    ['*/15 * * * *', 900],
    ['30 2 * * *', 86_400],
    ['0 2 * * 1-5', 3 * 86_400],
    ['*/5 8-18 * * *', (13 * 60 + 5) * 60],
    ['0 0 * * 0', 7 * 86_400],
    ['0 0 1 * *', 31 * 86_400],
    ['0 0 1 * 0', 7 * 86_400],
    ['@yearly', 366 * 86_400],
  ])('of %s is %i s', (text, seconds) => {
    expect(longestIntervalSeconds(cron(text))).toBe(seconds);
  });
});

describe('names of runs', () => {
  it.each([
    ['backup/demo/app', true],
    ['backup/demo/app-2026-11-23T12:00:00Z', true],
    ['backup/demo/app-src', false],
    ['backup/demo/app-src-2026-11-23T12:00:00Z', false],
  ])('%s belongs to backup/demo/app: %s', (workflowId, belongs) => {
    expect(isRunOf(workflowId, 'backup/demo/app')).toBe(belongs);
  });
});

describe('ranges', () => {
  it('say the same numbers in fewer words', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 59 })), (numbers) => {
        const sorted = numbers.sort((a, b) => a - b);
        const spoken = ranges(sorted).flatMap(({ start, end, step }) =>
          Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step),
        );
        expect(spoken).toEqual(sorted);
      }),
    );
    expect(ranges([0, 15, 30, 45])).toEqual([{ start: 0, end: 45, step: 15 }]);
    expect(ranges([1, 5])).toEqual([
      { start: 1, end: 1, step: 1 },
      { start: 5, end: 5, step: 1 },
    ]);
  });
});
