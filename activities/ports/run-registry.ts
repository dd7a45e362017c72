import type { RunReference } from '../../workflows/backup/contract.ts';

/** An open run of a volume. */
export interface OpenRun extends RunReference {
  readonly kind: 'Backup' | 'Restore';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Tells whether the run that owns an object still lives; Temporal is the only truth about that. */
export interface RunRegistry {
  /** False when it has closed, or when Temporal does not know it any more. Throws PortError ClusterUnreachable. */
  isOpen(run: RunReference): Promise<boolean>;
  /** The open run of a workflow id, if any; for "is a restore of this volume under way?". */
  openRun(workflowId: string): Promise<RunReference | undefined>;
  /**
   * All open backups and restores of a claim, whatever their ids are; also those that a Schedule started. Temporal's list
   * is behind by up to a second or so: a run that has just started may be missing. Throws PortError ClusterUnreachable.
   */
  openRunsOnClaim(namespace: string, claim: string): Promise<readonly OpenRun[]>;
  /** How many restores read a repository just now; as late as the list above. Throws PortError ClusterUnreachable. */
  countRestores(repository: string): Promise<number>;
}
