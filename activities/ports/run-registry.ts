import type { RunReference } from '../../workflows/backup/contract.ts';

/** Tells whether the run that owns an object still lives; Temporal is the only truth about that. */
export interface RunRegistry {
  /** False when it has closed, or when Temporal does not know it any more. Throws PortError ClusterUnreachable. */
  isOpen(run: RunReference): Promise<boolean>;
  /** The open run of a workflow id, if any; for "is a restore of this volume under way?". */
  openRun(workflowId: string): Promise<RunReference | undefined>;
}
