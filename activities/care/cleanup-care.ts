import { Label } from '../../api/metadata.ts';
import type { CleanUpResult } from '../../workflows/backup/contract.ts';
import type { CareStep } from '../../workflows/care/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { Component, isOwn, labelValue, ownerOf, standingOf } from '../volume/ownership.ts';
import { nameOf, removeObject } from '../volume/remove-object.ts';
import { settleRemovals } from '../volume/settle-removals.ts';

/** One attempt's patience, milliseconds; the next goes on where this one ended. */
const PATIENCE_MILLISECONDS = 60_000;

/**
 * See CareControlActivities. Called by the run that holds the repository: a Job of another run belongs to one that was
 * terminated. Each goes in the foreground, so that its pod is proven gone.
 */
export async function cleanUpCare(
  { cluster, clock, runs, settings }: ActivityDependencies,
  { run, repository }: CareStep,
): Promise<CleanUpResult> {
  return await withHeartbeats(clock, async ({ signal }) => {
    const labels = `${Label.component}=${Component.care},${Label.repository}=${labelValue(repository)}`;
    const jobs = await cluster.list('Job', { namespace: settings.stowageNamespace, labels });
    const gone = jobs.filter(({ metadata }) => ownerOf(metadata) !== undefined);
    for (const job of gone) {
      const ref = { namespace: settings.stowageNamespace, name: job.metadata?.name ?? '' };
      if (!isOwn(job.metadata, run)) await standingOf(job, nameOf('Job', ref), run, runs);
    }
    return await settleRemovals(
      gone.map((job) => {
        const ref = { namespace: settings.stowageNamespace, name: job.metadata?.name ?? '' };
        const wanted = ({ metadata }: { metadata?: { uid?: string } }): boolean => metadata?.uid === job.metadata?.uid;
        return {
          name: nameOf('Job', ref),
          removed: removeObject(
            { kind: 'Job', ref, wanted },
            { cluster, clock, signal, patience: PATIENCE_MILLISECONDS },
          ),
        };
      }),
    );
  });
}
