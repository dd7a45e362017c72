import { type CronSchedule, parseCron } from '../api/cron-schedule.ts';
import type { DeclaredDrills } from '../api/declared-drills.ts';
import type { DrillRequest } from '../api/drill-request.ts';
import type { DeclaredRepository } from '../api/kopia-repository.ts';
import { shortHash } from '../api/names.ts';
import type { DeclaredSource } from '../api/replication-source.ts';
import { DEFAULT_REPOSITORY, volumeOf } from '../api/volume-request.ts';
import { DRILL_VOLUME, drillId } from '../workflows/drill/contract.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { calendarsOf, inWords } from './calendars.ts';
import { longestIntervalSeconds } from './interval.ts';
import type { DesiredSchedule } from './settings.ts';
import { spreadOffsetSeconds } from './spread.ts';

/** Every month has these days. */
const DAYS = 28;
const HOURS = 24;
const MINUTES = 60;

/** How far drills that were declared for one time are spread, seconds: each reads a whole application. */
const SPREAD_SECONDS = 3600;

/**
 * When the drills of a source are due where nobody says it: once a month, at a day, hour and minute that follow from its
 * names alone, so that a repository's drills are spread over the whole month and each stays where it is. UTC.
 */
export function monthlyDrill(namespace: string, source: string): CronSchedule {
  const slot = Number.parseInt(shortHash(drillId(namespace, source)), 16) % (DAYS * HOURS * MINUTES);
  const minute = slot % MINUTES;
  const hour = Math.floor(slot / MINUTES) % HOURS;
  const day = 1 + Math.floor(slot / (MINUTES * HOURS));
  const reading = parseCron(`${minute} ${hour} ${day} * *`);
  if (!reading.ok) throw new RangeError(`no cron for the drills of ${namespace}/${source}`);
  return reading.cron;
}

/** When the drills of a source are due: as the repository declares, else once a month. */
export const drillCron = (namespace: string, source: string, drills?: DeclaredDrills): CronSchedule =>
  drills?.cron ?? monthlyDrill(namespace, source);

/**
 * The schedules of the drills of declared sources, by id. A source whose repository no KopiaRepository declares is drilled
 * monthly. Pure: no clock.
 */
export function desiredDrills(
  sources: readonly DeclaredSource[],
  repositories: readonly DeclaredRepository[],
): DesiredSchedule[] {
  const byName = new Map(repositories.map((declared) => [declared.repository.name, declared]));
  return sources
    .map((source) => drillSchedule(source, byName.get(source.request.repository ?? DEFAULT_REPOSITORY)))
    .sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));
}

function drillSchedule(source: DeclaredSource, declared: DeclaredRepository | undefined): DesiredSchedule {
  const { namespace, name, request } = source;
  const id = drillId(namespace, name);
  const repository = request.repository ?? DEFAULT_REPOSITORY;
  const cron = drillCron(namespace, name, declared?.drills);
  const offset = declared?.drills.cron ? spreadOffsetSeconds(id, cron, SPREAD_SECONDS) : 0;
  const pausedBecause = holdOf(source, declared);
  return {
    scheduleId: id,
    settings: {
      calendars: calendarsOf(cron, offset),
      timeZone: cron.timeZone,
      overlap: 'SKIP',
      catchUpSeconds: longestIntervalSeconds(cron),
      pauseOnFailure: false,
      workflowType: DRILL_VOLUME,
      workflowId: id,
      taskQueue: CONTROL_QUEUE,
      request: drillRequest(source, declared?.drills.check),
      searchAttributes: {
        [SearchAttribute.namespace]: namespace,
        [SearchAttribute.claim]: request.claim,
        [SearchAttribute.repository]: repository,
      },
      summary: `Drill of ${namespace}/${request.claim} from ${repository}`,
      details: [
        `Restores the latest snapshot of claim \`${request.claim}\` in namespace \`${namespace}\` (ReplicationSource \`${name}\`) into a throw-away claim and compares it.`,
        `- when: ${inWords(cron)} (\`${cron.expression}\`, ${cron.timeZone}), ${offset} s later to spread the load`,
        `- repository: \`${repository}\``,
        `- checked by: ${declared?.drills.check ? `\`${declared.drills.check.image}\`` : 'the comparison alone'}`,
      ].join('\n'),
      extras: [],
    },
    ...(pausedBecause === undefined ? {} : { pausedBecause }),
    // A source that is new has nothing to restore yet.
    startAtOnce: false,
  };
}

/** A source that is held is not drilled either: its namespace may be under repair. */
function holdOf(source: DeclaredSource, declared: DeclaredRepository | undefined): string | undefined {
  const { namespace, name, paused } = source;
  if (paused) return `spec.paused is true in ReplicationSource ${namespace}/${name}`;
  if (!declared?.drills.paused) return undefined;
  return `spec.drills.paused is true in KopiaRepository ${declared.repository.namespace}/${declared.repository.name}`;
}

/** The drill of a declared backup: where the volume and its repository are, and how movers run. */
const drillRequest = ({ request, namespace }: DeclaredSource, check: DeclaredDrills['check']): DrillRequest => ({
  ...volumeOf(request),
  namespace,
  claim: request.claim,
  ...(check ? { check } : {}),
});
