import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { StatusFailure } from '../kubernetes/pod-status.ts';
import type { Cluster } from '../ports/cluster.ts';
import { isFinishedJob } from './mover-end.ts';
import { explainByEvents, isAboutClaim } from './start-problem.ts';

export interface Starting {
  readonly job: V1Job;
  readonly pod: V1Pod | undefined;
  /** Claims that the mover mounts. */
  readonly claims: readonly string[];
}

/**
 * Asks the cluster why a mover does not start, where its pod does not tell it or there is none: only then, because events
 * cost a listing of the namespace. `JobEnded` when the Job is over or gone; undefined when nobody says anything yet.
 */
export async function explainStart(
  cluster: Cluster,
  { job, pod, claims }: Starting,
  problem: StatusFailure | 'Silent',
): Promise<StatusFailure | 'JobEnded' | undefined> {
  const { namespace = '', name = '', uid, creationTimestamp: since } = job.metadata ?? {};
  if (problem === 'Silent' && !pod) {
    const current = await cluster.get('Job', { namespace, name });
    if (!current || current.metadata?.uid !== uid || isFinishedJob(current)) return 'JobEnded';
  }
  const failure = problem === 'Silent' ? undefined : problem;
  if (failure && !isAboutClaim(failure)) return failure;
  const events = await cluster.list('Event', { namespace });
  return explainByEvents(events, { jobName: name, pod, claims, since }) ?? failure;
}
