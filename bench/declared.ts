import { setTimeout as sleep } from 'node:timers/promises';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { ScheduleNotFoundError } from '@temporalio/client';
import { scheduleId } from '../schedules/ids.ts';
import { inParallel } from '../schedules/in-parallel.ts';
import { createBareSchedules } from './bare-schedules.ts';
import { type DeclaredApp, declareAll, declaredApps, restoresAnswered } from './declared-objects.ts';
import { residentBytes } from './metrics-page.ts';
import { withoutMovers } from './pause-workers.ts';
import type { Measurement } from './rows.ts';
import { watchCollection } from './sightings.ts';
import type { Stage } from './stage.ts';
import type { Outcome } from './unchanged.ts';
import { readWorkerMetrics } from './worker-metrics.ts';

/** The budget: seconds until everything that was applied at once is planned, and 300 MB (286 MiB) of memory while its runs begin. */
const AIMS = { plannedSeconds: 20, peakMiB: 286 };

const LIMIT_SECONDS = 600;
const LANES = 16;

/**
 * Sources and destinations applied at once, against as many bare schedules made by the plain client. Each has its first
 * backup and its restore begun at the same time; nobody moves data meanwhile. One sample: it needs volumes of its own.
 */
export async function measureDeclared(stage: Stage, count: number): Promise<Outcome> {
  const { log, temporal } = stage;
  log(`declared: ${count} sources and destinations at once`);
  const apps = declaredApps(stage, count);
  await bindClaims(stage, apps);
  return await withoutMovers(stage, async () => {
    const bare = await createBareSchedules(temporal, count, LANES);
    log(`declared: ${count} bare schedules in ${bare.toFixed(1)} s`);
    const memory = watchMemory(stage);
    try {
      const applied = await declareAll(stage, apps);
      const created = await inParallel(apps, LANES, ({ namespace, source }) =>
        creationOf(stage, scheduleId(namespace, source)),
      );
      const planned = (Math.max(...created) - applied) / 1000;
      log(`declared: planned in ${planned.toFixed(1)} s; until every restore is answered`);
      await restoresAnswered(stage, count, LIMIT_SECONDS);
      const peak = await memory.stop();
      log(`declared: control worker at most ${peak.toFixed(0)} MiB`);
      return { measurements: toMeasurements(count, planned, bare, peak), details: { planned, bare, peak } };
    } finally {
      await memory.stop();
      await forget(stage, apps);
    }
  });
}

/** When Temporal made a schedule, by its own clock (of this very machine), milliseconds: asking takes longer than making. */
async function creationOf({ temporal }: Stage, id: string): Promise<number> {
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  for (;;) {
    try {
      return (await temporal.schedule.getHandle(id).describe()).info.createdAt.getTime();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError) || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function bindClaims(stage: Stage, apps: readonly DeclaredApp[]): Promise<void> {
  const path = `/api/v1/namespaces/${stage.namespace}/persistentvolumeclaims`;
  const claims = await watchCollection<V1PersistentVolumeClaim>(stage.kube, path);
  try {
    await stage.apply(...apps.map(({ claimObject }) => claimObject));
    for (const { claim } of apps) {
      await claims.until(
        `claim ${claim} Bound`,
        ({ object }) => object.metadata?.name === claim && object.status?.phase === 'Bound',
        LIMIT_SECONDS,
      );
    }
  } finally {
    claims.close();
  }
}

/** The most that the control worker holds until `stop`, MiB. */
function watchMemory(stage: Stage): { stop(): Promise<number> } {
  let peak = 0;
  let going = true;
  const look = async (): Promise<void> => {
    while (going) {
      const pages = await readWorkerMetrics(stage, ['control']);
      peak = Math.max(peak, ...[...pages.values()].map((page) => residentBytes(page) / 2 ** 20));
      await sleep(500);
    }
  };
  const looking = look();
  // Told by `stop`.
  looking.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await looking;
      return peak;
    },
  };
}

/** So many deletions at once are left to a person: here that is the benchmark. */
async function forget({ temporal, namespace }: Stage, apps: readonly DeclaredApp[]): Promise<void> {
  await inParallel(apps, LANES, ({ source }) =>
    temporal.schedule
      .getHandle(scheduleId(namespace, source))
      .delete()
      .catch(() => undefined),
  );
  const open = `ExecutionStatus = 'Running' AND WorkflowType IN ('backupVolume', 'restoreVolume')`;
  for await (const { workflowId } of temporal.workflow.list({ query: open })) {
    await temporal.workflow
      .getHandle(workflowId)
      .terminate('the benchmark has counted it')
      .catch(() => undefined);
  }
}

function toMeasurements(count: number, planned: number, bare: number, peak: number): Measurement[] {
  return [
    {
      id: 'declared.planned',
      title: `${count} sources and destinations at once: all schedules planned`,
      unit: 's',
      samples: [planned],
      against: { title: `${count} bare schedules by the plain client`, samples: [bare] },
      aim: { of: 'value', atMost: AIMS.plannedSeconds },
    },
    {
      id: 'declared.memory',
      title: `memory of the worker 'control' while their ${2 * count} runs begin`,
      unit: 'MiB',
      samples: [peak],
      aim: { of: 'value', atMost: AIMS.peakMiB },
    },
  ];
}
