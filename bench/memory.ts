import { residentBytes } from './metrics-page.ts';
import type { Stage } from './stage.ts';
import type { Outcome } from './unchanged.ts';
import { ALL_ROLES, readWorkerMetrics } from './worker-metrics.ts';

/** Resident memory of each worker after everything before, MiB. One sample: it is a state, not a time. */
export async function measureMemory(stage: Stage): Promise<Outcome> {
  const pages = await readWorkerMetrics(stage, ALL_ROLES);
  const measurements = [...pages].map(([role, samples]) => ({
    id: `memory.${role}`,
    title: `memory of the worker '${role}'`,
    unit: 'MiB' as const,
    samples: [residentBytes(samples) / 2 ** 20],
  }));
  return { measurements, details: undefined };
}
