import fc from 'fast-check';
import type { DeclaredSource } from '../../api/replication-source.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import type { SchedulePlan } from '../../schedules/plan.ts';
import type { CurrentSchedule, DesiredSchedule } from '../../schedules/settings.ts';
import { ownNote } from '../../schedules/settings.ts';
import { declared } from './manifests.ts';

/** Few names, so that what is declared and what exists meet often. */
const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${letter}-src`);

const source = (name: string): fc.Arbitrary<DeclaredSource> =>
  fc
    .record({
      schedule: fc.constantFrom('0 * * * *', '*/30 * * * *', '0 0 1 * 1', '@daily', 'CRON_TZ=Europe/Berlin 30 2 * * *'),
      paused: fc.boolean(),
      daily: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ schedule, paused, daily }) =>
      declared({ name, spec: { paused, trigger: { schedule } }, kopia: { retain: { daily } } }),
    );

/** Sources of different names. */
export const sources: fc.Arbitrary<DeclaredSource[]> = fc
  .subarray(names)
  .chain((chosen) => fc.tuple(...chosen.map(source)) as fc.Arbitrary<DeclaredSource[]>);

/** Schedules that exist: ours as declared once, ours drifted, ours paused by either side, and foreign ones. */
export const world: fc.Arbitrary<CurrentSchedule[]> = sources.chain(
  (declaredOnce) =>
    fc.tuple(
      ...desiredSchedules(declaredOnce).map((desired) =>
        fc
          .record({
            owned: fc.boolean(),
            drifted: fc.boolean(),
            paused: fc.boolean(),
            note: fc.constantFrom('', 'Paused via UI: disk swap', ownNote('spec.paused is true')),
          })
          .map(({ owned, drifted, paused, note }) => ({
            ...found(desired),
            owned,
            paused,
            note,
            settings: drifted ? { ...desired.settings, catchUpSeconds: 7, extras: ['jitter'] } : desired.settings,
          })),
      ),
    ) as fc.Arbitrary<CurrentSchedule[]>,
);

/** What a wanted schedule looks like once it was made. */
export const found = (desired: DesiredSchedule): CurrentSchedule => ({
  scheduleId: desired.scheduleId,
  owned: true,
  settings: desired.settings,
  paused: desired.pausedBecause !== undefined,
  note: desired.pausedBecause === undefined ? '' : ownNote(desired.pausedBecause),
});

/** What a plan does to a world, as `apply` does it to the server. */
export function applied(plan: SchedulePlan, before: readonly CurrentSchedule[]): CurrentSchedule[] {
  const after = new Map(before.map((schedule) => [schedule.scheduleId, schedule]));
  for (const change of plan.changes) {
    const existing = after.get(change.scheduleId);
    if (change.kind === 'Create') after.set(change.scheduleId, found(change.desired));
    else if (change.kind === 'Delete') after.delete(change.scheduleId);
    else if (!existing) throw new Error(`${change.kind} of ${change.scheduleId}, which does not exist`);
    else if (change.kind === 'Update') after.set(change.scheduleId, { ...existing, settings: change.desired.settings });
    else if (change.kind === 'Pause')
      after.set(change.scheduleId, { ...existing, paused: true, note: ownNote(change.because) });
    else after.set(change.scheduleId, { ...existing, paused: false, note: '' });
  }
  return [...after.values()];
}
