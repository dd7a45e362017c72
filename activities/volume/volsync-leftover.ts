import type { V1Job, V1ObjectMeta } from '@kubernetes/client-node';
import { Annotation, CREATED_BY, Label, MANAGED_BY, VolSyncLabel } from '../../api/metadata.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { isFinishedJob } from '../mover/mover-end.ts';
import type { Kind } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { removeObject } from './remove-object.ts';

/** A finished pod is gone within seconds; a node that is away is waited for by the next attempt. */
const REMOVAL_MILLISECONDS = 120_000;

/** VolSync's Job beside which its other objects are in use. */
export interface VolSyncJob {
  readonly namespace: string;
  readonly jobName: string;
  /**
   * The run is that of a declared object, which Stowage only starts for what is its own to act on. Without it nothing of
   * VolSync's is touched: its operator may be at work on it.
   */
  readonly declared: boolean;
}

/** True for what VolSync's operator made: its ownership mark, and nothing of Stowage's, which carries the same mark. */
export const isVolSyncs = (metadata: V1ObjectMeta | undefined): boolean =>
  metadata?.labels?.[Label.createdBy] === CREATED_BY &&
  metadata.labels[Label.managedBy] !== MANAGED_BY &&
  metadata.annotations?.[Annotation.runId] === undefined;

/** What VolSync itself would have cleaned up after its Job, and nobody asked to keep. */
const isTemporary = ({ labels }: V1ObjectMeta): boolean =>
  labels?.[VolSyncLabel.cleanup] !== undefined && labels[VolSyncLabel.doNotDelete] === undefined;

/**
 * Whether an object is a leftover of VolSync's that a run may remove: its finished Job, or what it marked for clean-up while
 * no Job of it runs. Throws VolumeBusy, which is retried, while its Job still runs: that ends by itself.
 */
export async function isVolSyncLeftover(
  { cluster }: Pick<ActivityDependencies, 'cluster'>,
  kind: Kind,
  object: { readonly metadata?: V1ObjectMeta },
  { namespace, jobName, declared }: VolSyncJob,
): Promise<boolean> {
  const { metadata } = object;
  if (!declared || !metadata || !isVolSyncs(metadata) || !isTemporary(metadata)) return false;
  const job = kind === 'Job' ? (object as V1Job) : (await cluster.list('Job', { namespace, name: jobName }))[0];
  if (job && isVolSyncs(job.metadata) && !isFinishedJob(job)) {
    throw new PortError(
      FailureType.VolumeBusy,
      `VolSync's Job ${namespace}/${jobName} still runs: this run goes on when it has ended`,
    );
  }
  return true;
}

/** Removes VolSync's finished Job, whose pod still holds the claims that it mounted. */
export async function removeVolSyncJob(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  { namespace, jobName, declared }: VolSyncJob,
  signal: AbortSignal,
): Promise<void> {
  if (!declared) return;
  await removeObject(
    {
      kind: 'Job',
      ref: { namespace, name: jobName },
      wanted: (job) => isVolSyncs(job.metadata) && isTemporary(job.metadata ?? {}) && isFinishedJob(job),
    },
    { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
  );
}
