import { type CronSchedule, parseCron } from '../api/cron-schedule.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { BACKUP_VOLUME, backupWorkflowId } from '../workflows/backup/contract.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { calendarsOf, inWords } from './calendars.ts';
import { scheduleId } from './ids.ts';
import { longestIntervalSeconds } from './interval.ts';
import type { DesiredSchedule } from './settings.ts';
import { DEFAULT_SPREAD_SECONDS, spreadOffsetSeconds } from './spread.ts';

/** When a source that declares no trigger at all is backed up. */
const DEFAULT_CRON = '0 * * * *';

export interface DesiredOptions {
  /** Bound of the stable offset, seconds; 0 turns it off. */
  readonly spreadSeconds?: number;
  /** Five-field cron for sources without any trigger. */
  readonly defaultCron?: string;
  /** False: creation starts no run, whatever the source's history. */
  readonly startAtOnce?: boolean;
  /** By schedule id: why nothing may be started just now, beside what the source itself declares. */
  readonly holds?: ReadonlyMap<string, string>;
  /** The sources stand in the cluster: their runs keep a status there. */
  readonly declared?: boolean;
}

/**
 * The schedules that declared sources ask for, by id. A source with only a manual trigger has none. Pure: no clock.
 * Throws RangeError for two sources of one name, and for a default cron that is none.
 */
export function desiredSchedules(sources: readonly DeclaredSource[], options: DesiredOptions = {}): DesiredSchedule[] {
  const defaultCron = readDefault(options.defaultCron ?? DEFAULT_CRON);
  const desired = sources
    .filter((source) => source.schedule !== undefined || source.manual === undefined)
    .map((source) => desiredSchedule(source, source.schedule ?? defaultCron, options))
    .sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
  const twice = desired.find((one, index) => one.scheduleId === desired[index + 1]?.scheduleId);
  if (twice) throw new RangeError(`${twice.scheduleId} is declared twice: give each source a name of its own`);
  return desired;
}

function desiredSchedule(source: DeclaredSource, cron: CronSchedule, options: DesiredOptions): DesiredSchedule {
  const { namespace, name, request } = source;
  const id = scheduleId(namespace, name);
  const offset = spreadOffsetSeconds(id, cron, options.spreadSeconds ?? DEFAULT_SPREAD_SECONDS);
  const repository = request.repository ?? DEFAULT_REPOSITORY;
  const pausedBecause = declaredPause(source) ?? options.holds?.get(id);
  return {
    scheduleId: id,
    settings: {
      calendars: calendarsOf(cron, offset),
      timeZone: cron.timeZone,
      overlap: 'SKIP',
      catchUpSeconds: longestIntervalSeconds(cron),
      pauseOnFailure: false,
      workflowType: BACKUP_VOLUME,
      workflowId: backupWorkflowId(namespace, name),
      taskQueue: CONTROL_QUEUE,
      request: options.declared ? { ...request, declared: true } : request,
      searchAttributes: {
        [SearchAttribute.namespace]: namespace,
        [SearchAttribute.claim]: request.claim,
        [SearchAttribute.repository]: repository,
      },
      summary: `Backup of ${namespace}/${request.claim} to ${repository}`,
      details: [
        `Scheduled backup of claim \`${request.claim}\` in namespace \`${namespace}\`, declared by ReplicationSource \`${name}\`.`,
        `- when: ${inWords(cron)} (\`${cron.expression}\`, ${cron.timeZone}), ${offset} s later to spread the load`,
        `- repository: \`${repository}\``,
        `- copy method: ${request.copyMethod ?? 'Snapshot'}`,
      ].join('\n'),
      extras: [],
    },
    ...(pausedBecause !== undefined && { pausedBecause }),
    startAtOnce: (options.startAtOnce ?? true) && pausedBecause === undefined && source.lastSyncTime === undefined,
  };
}

/** A declared hold. In VolSync too, `trigger.manual` holds the schedule for as long as it is set. */
function declaredPause({ namespace, name, paused, manual }: DeclaredSource): string | undefined {
  if (paused) return `spec.paused is true in ReplicationSource ${namespace}/${name}`;
  if (manual !== undefined) return `spec.trigger.manual is set in ReplicationSource ${namespace}/${name}`;
  return undefined;
}

function readDefault(text: string): CronSchedule {
  const reading = parseCron(text);
  if (!reading.ok) throw new RangeError(`default cron '${text}': ${reading.problems.join('; ')}`);
  return reading.cron;
}
