import type { CronSchedule } from '../api/cron-schedule.ts';
import type { DeclaredMaintenance } from '../api/kopia-maintenance.ts';
import { declaredMaintenanceId, MAINTAIN_REPOSITORY } from '../workflows/care/contract.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { calendarsOf, inWords } from './calendars.ts';
import { longestIntervalSeconds } from './interval.ts';
import type { DesiredSchedule } from './settings.ts';

interface Wanted {
  readonly maintenance: DeclaredMaintenance;
  /** Stowage's name of the repository. */
  readonly repository: string;
  /** Why nothing may start just now, beside what the object itself says. */
  readonly held?: string;
}

/**
 * The schedules that KopiaMaintenances ask for, by id. None for one that is disabled, or has only a manual trigger. The run is
 * told the object, not what it says: what is declared when it begins counts. Pure.
 */
export const desiredMaintenance = (wanted: readonly Wanted[]): DesiredSchedule[] =>
  wanted
    .flatMap((one) => {
      const { enabled, schedule } = one.maintenance;
      return enabled && schedule ? [maintenanceSchedule(one, schedule)] : [];
    })
    .sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));

function maintenanceSchedule({ maintenance, repository, held }: Wanted, cron: CronSchedule): DesiredSchedule {
  const { namespace, name, suspended } = maintenance;
  const id = declaredMaintenanceId(namespace, name);
  const pausedBecause = suspended ? `spec.suspend is true in KopiaMaintenance ${namespace}/${name}` : held;
  return {
    scheduleId: id,
    settings: {
      calendars: calendarsOf(cron, 0),
      timeZone: cron.timeZone,
      overlap: 'SKIP',
      catchUpSeconds: longestIntervalSeconds(cron),
      pauseOnFailure: false,
      workflowType: MAINTAIN_REPOSITORY,
      workflowId: id,
      taskQueue: CONTROL_QUEUE,
      request: { repository, declaredBy: { namespace, name } },
      searchAttributes: { [SearchAttribute.namespace]: namespace, [SearchAttribute.repository]: repository },
      summary: `Maintenance of ${repository}, declared by ${namespace}/${name}`,
      details: `Maintenance of repository \`${repository}\`, declared by KopiaMaintenance \`${namespace}/${name}\`.\n- when: ${inWords(cron)} (\`${cron.expression}\`, ${cron.timeZone})`,
      extras: [],
    },
    ...(pausedBecause === undefined ? {} : { pausedBecause }),
    startAtOnce: false,
  };
}
