import type { ClusterPlan, HeldObject, PlannedRestore } from '../cluster-plan.ts';
import type { Colors } from './output.ts';
import { renderPlan } from './schedule-plan.ts';

const REASON: Readonly<Record<HeldObject['reason'], string>> = {
  Invalid: 'invalid',
  VolumeConflict: 'held',
  AwaitingAdoption: 'awaits adoption',
  Released: 'released',
};

const WHY: Readonly<Record<PlannedRestore['why'], string>> = {
  Missing: 'is missing',
  WaitsForVolume: 'waits for its volume',
};

/** What would change of what the cluster declares: schedules, restores, and what is not acted on (pure). */
export function renderClusterPlan(colors: Colors, { schedules, restores, held }: ClusterPlan): string {
  return [
    ...held.map(({ object, reason, message }) => colors.yellow(`! ${object}  ${REASON[reason]}: ${message}`)),
    ...restores.map(
      ({ claim, why, destination, identity }) =>
        `${colors.green('↺')} ${claim}  ${WHY[why]}: would be restored from ${identity} (${destination})`,
    ),
    renderPlan(colors, schedules),
  ].join('\n');
}
