import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { desiredSchedules } from '../../schedules/desired.ts';
import { type DeletionPolicy, planSchedules } from '../../schedules/plan.ts';
import { isOperatorPause, ownNote } from '../../schedules/settings.ts';
import { applied, found, sources, world } from './arbitraries.ts';
import { declared } from './manifests.ts';

const allow: DeletionPolicy = { mode: 'Allow', atMost: 0 };
const [hourly] = desiredSchedules([declared()]);
const [held] = desiredSchedules([declared({ spec: { paused: true } })]);
if (!hourly || !held) throw new Error('two schedules expected');
const kinds = (plan: ReturnType<typeof planSchedules>) => plan.changes.map(({ kind }) => kind);

describe('the plan of schedules', () => {
  it('changes nothing once it was applied', () => {
    fc.assert(
      fc.property(sources, world, (declaredSources, before) => {
        const desired = desiredSchedules(declaredSources);
        const after = applied(planSchedules(desired, before, allow), before);
        expect(planSchedules(desired, after, allow).changes).toEqual([]);
      }),
    );
  });

  it('makes every declared schedule exist as declared, and nothing else of ours', () => {
    fc.assert(
      fc.property(sources, world, (declaredSources, before) => {
        const desired = desiredSchedules(declaredSources);
        const foreign = new Set(before.filter(({ owned }) => !owned).map(({ scheduleId }) => scheduleId));
        const after = applied(planSchedules(desired, before, allow), before).filter(({ owned }) => owned);
        const expected = desired.filter(({ scheduleId }) => !foreign.has(scheduleId));
        expect(after.map(({ scheduleId, settings }) => ({ scheduleId, settings })).sort(byId)).toEqual(
          expected.map(({ scheduleId, settings }) => ({ scheduleId, settings })).sort(byId),
        );
      }),
    );
  });

  it('never touches a schedule that Stowage did not make, and names those in the way', () => {
    fc.assert(
      fc.property(sources, world, (declaredSources, before) => {
        const desired = desiredSchedules(declaredSources);
        const plan = planSchedules(desired, before, allow);
        const foreign = before.filter(({ owned }) => !owned).map(({ scheduleId }) => scheduleId);
        expect(plan.changes.filter(({ scheduleId }) => foreign.includes(scheduleId))).toEqual([]);
        expect(plan.foreign).toEqual(desired.map(({ scheduleId }) => scheduleId).filter((id) => foreign.includes(id)));
      }),
    );
  });

  it("keeps an operator's pause, whatever is declared", () => {
    fc.assert(
      fc.property(sources, world, (declaredSources, before) => {
        const plan = planSchedules(desiredSchedules(declaredSources), before, { mode: 'Keep', atMost: 0 });
        const after = new Map(applied(plan, before).map((schedule) => [schedule.scheduleId, schedule]));
        for (const schedule of before.filter(isOperatorPause)) {
          expect(after.get(schedule.scheduleId)).toMatchObject({ paused: true, note: schedule.note });
        }
      }),
    );
  });

  it('deletes nothing when told to keep, and names what is left over', () => {
    fc.assert(
      fc.property(sources, world, (declaredSources, before) => {
        const desired = desiredSchedules(declaredSources);
        const plan = planSchedules(desired, before, { mode: 'Keep', atMost: 0 });
        expect(kinds(plan)).not.toContain('Delete');
        const wanted = desired.map(({ scheduleId }) => scheduleId);
        const left = before.filter(({ owned, scheduleId }) => owned && !wanted.includes(scheduleId));
        expect(plan.surplus).toEqual(left.map(({ scheduleId }) => scheduleId));
      }),
    );
  });

  it.each([
    ['declared to run, paused by hand', hourly, { paused: true, note: 'Paused via UI' }, []],
    ['declared to run, paused by us', hourly, { paused: true, note: ownNote('spec.paused is true') }, ['Unpause']],
    ['declared to run, running', hourly, { paused: false, note: 'anything' }, []],
    ['declared paused, running', held, { paused: false, note: '' }, ['Pause']],
    ['declared paused, paused by hand', held, { paused: true, note: 'Paused via UI' }, []],
    ['declared paused, paused by us', held, { paused: true, note: ownNote('x') }, []],
  ])('%s', (_, desired, state, expected) => {
    expect(kinds(planSchedules([desired], [{ ...found(desired), ...state }]))).toEqual(expected);
  });

  it('names an operator who holds what is declared to run', () => {
    const plan = planSchedules([hourly], [{ ...found(hourly), paused: true, note: 'disk swap' }]);
    expect(plan.heldByOperator).toEqual([{ scheduleId: hourly.scheduleId, note: 'disk swap' }]);
  });

  it('names exactly the settings that drifted, and puts an update before a pause is taken back', () => {
    const [calendar] = hourly.settings.calendars;
    if (!calendar) throw new Error('a calendar expected');
    const drifted = {
      ...hourly.settings,
      calendars: [{ ...calendar, minute: [30] }],
      request: { ...hourly.settings.request, parallelism: 9 },
      extras: ['jitter'],
    };
    const plan = planSchedules([hourly], [{ ...found(hourly), settings: drifted, paused: true, note: ownNote('x') }]);
    expect(plan.changes).toEqual([
      {
        kind: 'Update',
        scheduleId: hourly.scheduleId,
        desired: hourly,
        differing: ['calendars[0].minute', 'extras', 'request.parallelism'],
      },
      { kind: 'Unpause', scheduleId: hourly.scheduleId },
    ]);
  });
});

describe('deletions', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => declared({ name: `app-${index}-src` }));
  const existing = (count: number) => desiredSchedules(many(count)).map(found);
  const bounded = (atMost: number): DeletionPolicy => ({ mode: 'Bounded', atMost });

  it.each([
    [3, 2, bounded(2), false],
    [12, 1, bounded(10), true],
    [12, 2, bounded(10), false],
    [1, 0, bounded(10), true],
    [12, 0, bounded(100), true],
    [12, 0, allow, false],
    [0, 0, bounded(0), false],
  ])('of %i schedules leaving %i: policy %o refuses = %s', (exist, stay, policy, refused) => {
    const plan = planSchedules(desiredSchedules(many(stay)), existing(exist), policy);
    expect(plan.refusal !== undefined).toBe(refused);
  });

  it('come last', () => {
    const plan = planSchedules(desiredSchedules([declared({ name: 'new-src' })]), existing(2), allow);
    expect(kinds(plan)).toEqual(['Create', 'Delete', 'Delete']);
  });
});

const byId = (a: { scheduleId: string }, b: { scheduleId: string }): number => (a.scheduleId < b.scheduleId ? -1 : 1);
