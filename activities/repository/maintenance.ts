import type { MaintenanceState } from '../../workflows/care/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { MAINTENANCE_OWNER } from '../kopia/maintenance-arguments.ts';
import type { MaintenanceInfo } from '../kopia/maintenance-info.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';

const OWNER = `${MAINTENANCE_OWNER.username}@${MAINTENANCE_OWNER.hostname}`;

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
  const info = await client.maintenanceInfo(signal);
  if (info.owner !== OWNER || !info.enabled) await client.setMaintenance(OWNER, signal);
  const previousOwner = info.owner === OWNER || info.owner === '' ? {} : { previousOwner: info.owner };
  const lastTaskStart = newest(info);
  return { ...(lastTaskStart ? { lastTaskStart } : {}), ...previousOwner };
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
  const info = await client.maintenanceInfo(signal);
  const since = lastTaskStart === undefined ? Number.NEGATIVE_INFINITY : Date.parse(lastTaskStart);
  const done = info.tasks.filter(({ start }) => isAfter(start, lastTaskStart, since));
  const failed = done.find(({ success }) => !success);
  if (failed) {
    throw new PortError(
      FailureType.MoverFailed,
      `the task '${failed.name}' of the maintenance failed: ${failed.error}`,
    );
  }
  const wanted = mode === 'Full' ? done.some(({ name }) => name === FULL_TASK) : done.length > 0;
  if (!wanted) {
    throw new PortError(
      FailureType.MoverFailed,
      'Kopia ended without an error, but noted no task in the repository: maintenance did not run',
      { retryable: true },
    );
  }
  return done.length;
}

function newest({ tasks }: MaintenanceInfo): string | undefined {
  return tasks
    .map(({ start }) => start)
    .sort()
    .at(-1);
}

/** Nanoseconds count: two tasks can begin within one millisecond. Kopia writes all of them in UTC with as many digits as it needs. */
const isAfter = (start: string, last: string | undefined, since: number): boolean =>
  Date.parse(start) > since || (last !== undefined && Date.parse(start) === since && start > last);
