import type { AppliedChange } from '../../schedules/apply.ts';
import type { ScheduleChange, SchedulePlan } from '../../schedules/plan.ts';
import type { Colors } from './output.ts';

const SIGN: Readonly<Record<ScheduleChange['kind'], string>> = {
  Create: '+',
  Update: '~',
  Pause: '‖',
  Unpause: '▶',
  Delete: '-',
};

/** What a plan would do (pure). */
export function renderPlan(colors: Colors, plan: SchedulePlan): string {
  const lines = plan.changes.map((change) => `${sign(colors, change)} ${change.scheduleId}  ${describeChange(change)}`);
  const refusal = plan.refusal === undefined ? [] : [colors.red(`refused: ${plan.refusal}`)];
  return [...lines, ...remarks(colors, plan), ...refusal, summary(plan)].join('\n');
}

/** What was done, change by change (pure). */
export function renderApplied(colors: Colors, plan: SchedulePlan, applied: readonly AppliedChange[]): string {
  const lines = applied.map(({ change, error }) => {
    const line = `${sign(colors, change)} ${change.scheduleId}  ${describeChange(change)}`;
    return error === undefined ? line : `${line}  ${colors.red(`failed: ${error}`)}`;
  });
  const failed = applied.filter(({ error }) => error !== undefined).length;
  const changed = `${applied.length - failed} changed${failed > 0 ? `, ${failed} failed` : ''}`;
  return [...lines, ...remarks(colors, plan), `${changed}, ${plan.unchanged.length} as declared`].join('\n');
}

function describeChange(change: ScheduleChange): string {
  switch (change.kind) {
    case 'Create': {
      const { settings, pausedBecause, startAtOnce } = change.desired;
      const state = pausedBecause ? `, paused: ${pausedBecause}` : startAtOnce ? ', first backup at once' : '';
      return `create: ${settings.calendars[0]?.comment ?? ''}${state}`;
    }
    case 'Update':
      return `update: ${change.differing.join(', ')}`;
    case 'Pause':
      return `pause: ${change.because}`;
    case 'Unpause':
      return 'unpause';
    case 'Delete':
      return 'delete';
  }
}

function remarks(colors: Colors, plan: SchedulePlan): string[] {
  return [
    ...plan.heldByOperator.map(({ scheduleId, note }) =>
      colors.yellow(`‖ ${scheduleId}  stays paused by an operator${note ? `: ${note}` : ''}`),
    ),
    ...plan.foreign.map((id) =>
      colors.red(`! ${id}  exists and was not made by Stowage: left alone; delete or rename it`),
    ),
    ...plan.surplus.map((id) => colors.dim(`  ${id}  is not declared here; --prune would delete it`)),
  ];
}

function summary({ changes, unchanged }: SchedulePlan): string {
  const counts = (Object.keys(SIGN) as ScheduleChange['kind'][])
    .map((kind) => ({ kind, count: changes.filter((change) => change.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} to ${kind.toLowerCase()}`);
  return `${counts.length > 0 ? counts.join(', ') : 'nothing to change'}, ${unchanged.length} as declared`;
}

function sign(colors: Colors, { kind }: ScheduleChange): string {
  const paint = {
    Create: colors.green,
    Update: colors.yellow,
    Pause: colors.yellow,
    Unpause: colors.green,
    Delete: colors.red,
  };
  return paint[kind](SIGN[kind]);
}
