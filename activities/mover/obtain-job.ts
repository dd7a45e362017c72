import type { V1Job, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { isOwn, ownerOf, standingOf } from '../volume/ownership.ts';
import { nameOf, removeObject } from '../volume/remove-object.ts';
import { isVolSyncLeftover, removeVolSyncJob, type VolSyncJob } from '../volume/volsync-leftover.ts';

/** A dying mover has its grace period and the kubelet's second; a node that is away is waited for by the next attempt. */
export const REMOVAL_MILLISECONDS = 120_000;

/** How often the same names may be taken anew within one attempt before it gives up. */
const MAX_ROUNDS = 5;

export interface MoverObjects {
  readonly run: RunReference;
  readonly job: V1Job;
  /** Claims of this run that are posted together with the Job; the pod waits for them by itself. */
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** A claim that outlives runs (the cache), posted likewise; whoever made it, it is used. */
  readonly keptClaims: readonly V1PersistentVolumeClaim[];
  /** The run is that of a declared object: what VolSync left under these names goes. */
  readonly declared?: boolean;
}

export interface ObtainedJob {
  readonly job: V1Job;
  /** It was there already: a former attempt of this run posted it. */
  readonly attached: boolean;
}

/**
 * Posts the Job with its claims at once, or finds the Job of its own run. A leftover of a run that has closed is removed
 * first, pods included, so that two movers never run. Throws VolumeBusy when the names belong to somebody else.
 */
export async function obtainJob(
  dependencies: ActivityDependencies,
  objects: MoverObjects,
  signal: AbortSignal,
): Promise<ObtainedJob> {
  const { cluster, runs, log } = dependencies;
  const { run, job } = objects;
  const ref = refOf(job);
  for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round++) {
    const [created, leftovers] = await Promise.all([
      cluster.create('Job', job),
      createClaims(dependencies, objects),
      ...objects.keptClaims.map((claim) => cluster.create('PersistentVolumeClaim', claim)),
    ]);
    if (created && leftovers.length === 0) return { job: created, attached: false };
    if (leftovers.length > 0) {
      // The pod may have started on what an older run left: it must not go on, and it holds the claim.
      if (created) await removeJob(dependencies, created, signal);
      else await removeVolSyncJob(dependencies, volSyncJobOf(objects), signal);
      await Promise.all(leftovers.map((claim) => removeClaim(dependencies, claim, signal)));
      continue;
    }
    const existing = await cluster.get('Job', ref);
    if (!existing) continue;
    if (!existing.metadata?.deletionTimestamp && isOwn(existing.metadata, run)) {
      log.info({ job: ref.name, namespace: ref.namespace }, 'found the mover of this run again');
      return { job: existing, attached: true };
    }
    const standing = await standingOf(existing, nameOf('Job', ref), run, runs, () =>
      isVolSyncLeftover(dependencies, 'Job', existing, volSyncJobOf(objects)),
    );
    log.info({ job: ref.name, namespace: ref.namespace, standing, owner: ownerOf(existing.metadata) }, 'removes a Job');
    await removeJob(dependencies, existing, signal);
  }
  throw new PortError(FailureType.VolumeBusy, `${nameOf('Job', ref)} is made anew by somebody each time it is removed`);
}

/** Removes exactly this Job and waits until its pods are gone. Throws CleanupFailed. */
export async function removeJob(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  job: V1Job,
  signal: AbortSignal,
): Promise<void> {
  await removeObject(
    { kind: 'Job', ref: refOf(job), wanted: ({ metadata }) => metadata?.uid === job.metadata?.uid },
    { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
  );
}

/** Posts the claims; returns those that other, closed runs left under their names. Throws VolumeBusy. */
async function createClaims(
  dependencies: ActivityDependencies,
  objects: MoverObjects,
): Promise<V1PersistentVolumeClaim[]> {
  const { cluster, runs } = dependencies;
  const { claims, run } = objects;
  const found = await Promise.all(
    claims.map(async (claim) => {
      if (await cluster.create('PersistentVolumeClaim', claim)) return undefined;
      const ref = refOf(claim);
      // One that vanished in between is made in the next round, like a leftover.
      const existing = (await cluster.get('PersistentVolumeClaim', ref)) ?? claim;
      const standing = await standingOf(existing, nameOf('PersistentVolumeClaim', ref), run, runs, () =>
        isVolSyncLeftover(dependencies, 'PersistentVolumeClaim', existing, volSyncJobOf(objects)),
      );
      const usable = standing === 'Own' && existing !== claim && !existing.metadata?.deletionTimestamp;
      return usable ? undefined : existing;
    }),
  );
  return found.filter((claim) => claim !== undefined);
}

async function removeClaim(
  { cluster, clock }: ActivityDependencies,
  claim: V1PersistentVolumeClaim,
  signal: AbortSignal,
): Promise<void> {
  const uid = claim.metadata?.uid;
  const wanted = ({ metadata }: V1PersistentVolumeClaim): boolean => uid === undefined || metadata?.uid === uid;
  await removeObject(
    { kind: 'PersistentVolumeClaim', ref: refOf(claim), wanted },
    { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
  );
}

function volSyncJobOf({ job, declared = false }: MoverObjects): VolSyncJob {
  const { namespace, name } = refOf(job);
  return { namespace, jobName: name, declared };
}

const refOf = ({ metadata }: V1Job | V1PersistentVolumeClaim) => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
});
