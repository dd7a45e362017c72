import type { ActivityDependencies } from '../dependencies.ts';
import type { Lease } from '../ports/cluster.ts';

/** The name of the lease of VolSync's operator, fork and upstream alike (compatibility.md 2.1). */
export const VOLSYNC_LEASE = 'b95b3104.backube';

/** A holder that renews late is still a holder; this many of its own durations. */
const PATIENCE = 2;
const DEFAULT_DURATION_SECONDS = 60;

/** True while VolSync's operator works in the cluster: it renews its lease. Pure. */
export const volsyncActs = (leases: readonly Lease[], now: Date): boolean =>
  leases.some(({ spec }) => {
    if (!spec?.holderIdentity || !spec.renewTime) return false;
    const seconds = (spec.leaseDurationSeconds ?? DEFAULT_DURATION_SECONDS) * PATIENCE;
    return now.getTime() - Date.parse(spec.renewTime) < seconds * 1000;
  });

/** How old an answer may be, milliseconds. A lease lives for a minute: asking at every change gains nothing. */
const LEASE_AGE = 10_000;

/** Whether VolSync's operator works in the cluster, asked now and then. */
export class VolSyncLease {
  readonly #dependencies: Pick<ActivityDependencies, 'cluster' | 'clock'>;
  #known = { acts: false, askedAt: Number.NEGATIVE_INFINITY };

  constructor(dependencies: Pick<ActivityDependencies, 'cluster' | 'clock'>) {
    this.#dependencies = dependencies;
  }

  /** Throws PortError. */
  async acts(): Promise<boolean> {
    const { cluster, clock } = this.#dependencies;
    const now = clock.now();
    if (now - this.#known.askedAt >= LEASE_AGE) {
      const leases = await cluster.list('Lease', { name: VOLSYNC_LEASE });
      this.#known = { acts: volsyncActs(leases, new Date(now)), askedAt: now };
    }
    return this.#known.acts;
  }
}
