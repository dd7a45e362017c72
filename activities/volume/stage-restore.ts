import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { checkJobName, restoreJobName, stagingClaimName } from '../../api/names.ts';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { VolumeInput } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { EventReason } from '../status/event.ts';
import { tellDestination } from '../status/restore-events.ts';
import { buildStagingClaim } from './claims.ts';
import { ownerOf, standingOf } from './ownership.ts';
import { nameOf, removeObject } from './remove-object.ts';
import { isVolSyncLeftover, removeVolSyncJob } from './volsync-leftover.ts';

/** A dying mover has its grace period; what is stuck longer is the next attempt's. */
const REMOVAL_MILLISECONDS = 120_000;

/** See RestoreControlActivities. Does not wait for the volume: a class may bind only when the mover is there. */
export async function stageRestore(
  dependencies: ActivityDependencies,
  input: VolumeInput,
): Promise<{ readonly stagingClaim: string }> {
  const { run, request, plan } = input;
  const name = stagingClaimName(request.destination);
  const ref = { namespace: request.namespace, name };
  return await withHeartbeats(dependencies.clock, async ({ signal }) => {
    while (!signal.aborted) {
      const claim = buildStagingClaim(run, request, plan);
      if (await dependencies.cluster.create('PersistentVolumeClaim', claim)) {
        await tellDestination(
          dependencies,
          input,
          EventReason.claimCreated,
          `created ${name} to receive incoming data`,
        );
        return { stagingClaim: name };
      }
      const existing = await dependencies.cluster.get('PersistentVolumeClaim', ref);
      if (!existing) continue;
      const volSync = {
        namespace: request.namespace,
        jobName: restoreJobName(request.destination),
        declared: request.declared,
      };
      const standing = await standingOf(existing, nameOf('PersistentVolumeClaim', ref), run, dependencies.runs, () =>
        isVolSyncLeftover(dependencies, 'PersistentVolumeClaim', existing, volSync),
      );
      if (standing === 'Own' && !existing.metadata?.deletionTimestamp) return { stagingClaim: name };
      if (!ownerOf(existing.metadata)) await removeVolSyncJob(dependencies, volSync, signal);
      await removeStaging(dependencies, existing, request.destination, signal);
    }
    throw new PortError(FailureType.ProvisioningFailed, 'staging was given up');
  });
}

/** Removes a staging claim of a closed run, after its movers: a finished pod holds its claims as a running one does. */
async function removeStaging(
  dependencies: ActivityDependencies,
  claim: V1PersistentVolumeClaim,
  destination: string,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, clock, log } = dependencies;
  const { namespace = '', name = '', uid } = claim.metadata ?? {};
  const owner = ownerOf(claim.metadata);
  log.info({ namespace, claim: name, owner }, 'removes the staging claim that a closed run left');
  if (owner) await removeMoversOf(dependencies, { namespace, destination, run: owner }, signal);
  await removeObject(
    { kind: 'PersistentVolumeClaim', ref: { namespace, name }, wanted: ({ metadata }) => metadata?.uid === uid },
    { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
  );
}

/** Removes the restore mover and the check of one run, pods included. Returns what was there. */
export async function removeMoversOf(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  of: { readonly namespace: string; readonly destination: string; readonly run: RunReference },
  signal: AbortSignal,
): Promise<string[]> {
  const names = [restoreJobName(of.destination), checkJobName(of.destination)];
  const removed = await Promise.all(
    names.map((name) =>
      removeObject(
        {
          kind: 'Job',
          ref: { namespace: of.namespace, name },
          wanted: ({ metadata }) => ownerOf(metadata)?.runId === of.run.runId,
        },
        { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
      ),
    ),
  );
  return names.filter((_, index) => removed[index]).map((name) => nameOf('Job', { namespace: of.namespace, name }));
}
