import { CareTask, type CareTrigger, type DeclaredRepository } from '../api/kopia-repository.ts';
import { MAX_PARTS } from '../api/verify-report.ts';
import { careId, MAINTAIN_REPOSITORY, VERIFY_REPOSITORY } from '../workflows/care/contract.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { calendarsOf, inWords } from './calendars.ts';
import { longestIntervalSeconds } from './interval.ts';
import type { DesiredSchedule } from './settings.ts';

interface Work {
  readonly workflowType: string;
  readonly request: object;
  /** First words of the summary, for people. */
  readonly words: string;
  /** What in the manifest holds it. */
  readonly pausedBy: string;
}

const WORK: Readonly<Record<CareTask, Work>> = {
  quickMaintenance: {
    workflowType: MAINTAIN_REPOSITORY,
    request: { mode: 'Quick' },
    words: 'Quick maintenance',
    pausedBy: 'spec.maintenance.paused',
  },
  fullMaintenance: {
    workflowType: MAINTAIN_REPOSITORY,
    request: { mode: 'Full' },
    words: 'Full maintenance',
    pausedBy: 'spec.maintenance.paused',
  },
  quickVerification: {
    workflowType: VERIFY_REPOSITORY,
    request: { mode: 'Quick' },
    words: 'Quick verification',
    pausedBy: 'spec.verification.paused',
  },
  deepVerification: {
    workflowType: VERIFY_REPOSITORY,
    request: { mode: 'Deep' },
    words: 'Deep verification',
    pausedBy: 'spec.verification.paused',
  },
};

/** The schedules that a declared repository's care asks for, by id. None is spread: there are a handful. Pure. */
export const desiredCare = (repositories: readonly DeclaredRepository[]): DesiredSchedule[] =>
  repositories
    .flatMap((declared) =>
      Object.values(CareTask).map((task) => careSchedule(declared, task, WORK[task], declared.triggers[task])),
    )
    .sort((a, b) => (a.scheduleId < b.scheduleId ? -1 : 1));

function careSchedule(
  { repository: { namespace, name, readAllWithinDays } }: DeclaredRepository,
  task: CareTask,
  { workflowType, request, words, pausedBy }: Work,
  { cron, paused }: CareTrigger,
): DesiredSchedule {
  const id = careId(task, namespace, name);
  const parts = task === CareTask.deepVerification ? { parts: partsWithin(readAllWithinDays, cron) } : {};
  return {
    scheduleId: id,
    settings: {
      calendars: calendarsOf(cron, 0),
      timeZone: cron.timeZone,
      overlap: 'SKIP',
      catchUpSeconds: longestIntervalSeconds(cron),
      pauseOnFailure: false,
      workflowType,
      workflowId: id,
      taskQueue: CONTROL_QUEUE,
      request: { repository: name, ...request, ...parts },
      searchAttributes: { [SearchAttribute.repository]: name },
      summary: `${words} of ${name}`,
      details: `${words} of repository \`${name}\`, declared by KopiaRepository \`${namespace}/${name}\`.\n- when: ${inWords(cron)} (\`${cron.expression}\`, ${cron.timeZone})`,
      extras: [],
    },
    ...(paused ? { pausedBecause: `${pausedBy} is true in KopiaRepository ${namespace}/${name}` } : {}),
    // A repository that is new has nothing to maintain yet.
    startAtOnce: false,
  };
}

const SECONDS_PER_DAY = 86_400;

/** Into how many parts the data is divided, so that runs at these times have read all of it within so many days. */
const partsWithin = (days: number, cron: CareTrigger['cron']): number =>
  Math.max(1, Math.min(MAX_PARTS, Math.floor((days * SECONDS_PER_DAY) / longestIntervalSeconds(cron))));
