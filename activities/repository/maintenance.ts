import type { MaintenanceState } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { MAINTENANCE_OWNER } from '../kopia/maintenance-arguments.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';

/** What Kopia states to other tools; when ours run is decided by their schedules. Its own logs go after a week. */
const CYCLES = { quickIntervalSeconds: 3600, fullIntervalSeconds: 86_400, logAgeHours: 7 * 24 } as const;

/** The task that every full maintenance begins with, whatever else there is to do. */
const FULL_TASK = 'snapshot-gc';

/**
 * Makes Stowage the one who maintains, whoever did before: an owner that vanished would keep the repository growing for
 * ever (faults.md A9). Returns what Kopia had noted until now.
 */
export async function prepareMaintenance(
  client: RepositoryClient,
  signal: AbortSignal | undefined,
): Promise<MaintenanceState> {
  const { owner, tasks } = await client.maintenanceInfo(signal);
  const ours = owner?.username === MAINTENANCE_OWNER.username && owner.hostname === MAINTENANCE_OWNER.hostname;
  if (!ours) await client.setMaintenance({ owner: MAINTENANCE_OWNER, ...CYCLES }, signal);
  const [newest] = tasks;
  return {
    ...(newest ? { lastTaskStart: newest.start } : {}),
    ...(owner && !ours ? { previousOwner: `${owner.username}@${owner.hostname}` } : {}),
  };
}

/**
 * Proves that maintenance ran, from a process that did not do it: Kopia exits 0 also where it did nothing (faults.md M6).
 * Throws MoverFailed naming the task that failed, or that nothing was done. Returns how many tasks were done.
 */
export async function proveMaintenance(
  client: RepositoryClient,
  { mode, lastTaskStart }: { readonly mode: 'Quick' | 'Full'; readonly lastTaskStart?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<number> {
  const { tasks } = await client.maintenanceInfo(signal);
  const done = tasks.filter(({ start }) => lastTaskStart === undefined || isAfter(start, lastTaskStart));
  const failed = done.find(({ error }) => error !== undefined);
  if (failed) {
    const message = `the task '${failed.task}' of the maintenance failed: ${failed.error}`;
    throw new PortError(FailureType.MoverFailed, message);
  }
  const ran = mode === 'Full' ? done.some(({ task }) => task === FULL_TASK) : done.length > 0;
  if (ran) return done.length;
  throw new PortError(
    FailureType.MoverFailed,
    'Kopia ended without an error, but noted no task in the repository: maintenance did not run',
    { retryable: false },
  );
}

/** Nanoseconds count: two tasks can begin within one millisecond. Kopia writes all times in UTC. */
const isAfter = (start: string, last: string): boolean =>
  Date.parse(start) > Date.parse(last) || (Date.parse(start) === Date.parse(last) && start > last);
