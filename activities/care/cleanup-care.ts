import type { V1Job } from '@kubernetes/client-node';
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
    const wanted = [
      `${Label.component}=${Component.care}`,
      `${Label.repository}=${labelValue(repository)}`,
      `${Label.home}=${settings.stowageNamespace}`,
    ];
    // In every namespace: the run that was terminated may have been declared in another one than this.
    const jobs = await cluster.list('Job', { labels: wanted.join(',') });
    const gone = jobs.filter(({ metadata }) => ownerOf(metadata) !== undefined);
    for (const job of gone) {
      const ref = refOf(job);
      if (!isOwn(job.metadata, run)) await standingOf(job, nameOf('Job', ref), run, runs);
    }
    return await settleRemovals(
      gone.map((job) => {
        const ref = refOf(job);
        const isThisOne = ({ metadata }: { metadata?: { uid?: string } }): boolean =>
          metadata?.uid === job.metadata?.uid;
        return {
          name: nameOf('Job', ref),
          removed: removeObject(
            { kind: 'Job', ref, wanted: isThisOne },
            { cluster, clock, signal, patience: PATIENCE_MILLISECONDS },
          ),
        };
      }),
    );
  });
}

const refOf = ({ metadata }: V1Job) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' });
