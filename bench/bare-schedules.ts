import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inParallel } from '../schedules/in-parallel.ts';

/** Seconds that the plain client takes for so many schedules that start nothing; they are removed again. */
export async function createBareSchedules(temporal: Client, count: number, atOnce: number): Promise<number> {
  const ids = Array.from({ length: count }, () => `bench-bare/${randomUUID()}`);
  const started = performance.now();
  try {
    await inParallel(ids, atOnce, (id) =>
      temporal.schedule.create({
        scheduleId: id,
        spec: { calendars: [{ hour: 3 }] },
        action: { type: 'startWorkflow', workflowType: 'nothing', workflowId: id, taskQueue: 'nobody' },
        state: { paused: true },
      }),
    );
    return (performance.now() - started) / 1000;
  } finally {
    await inParallel(ids, atOnce, (id) =>
      temporal.schedule
        .getHandle(id)
        .delete()
        .catch(() => undefined),
    );
  }
}
