import { drillCheckJobName } from '../../api/names.ts';
import type { CleanUpResult } from '../../workflows/backup/contract.ts';
import type { DrillInput, DrillStep } from '../../workflows/drill/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { cleanUpRestore } from '../volume/cleanup-restore.ts';
import { isOwn, standingOf } from '../volume/ownership.ts';
import { nameOf, removeObject } from '../volume/remove-object.ts';
import { stageRestore } from '../volume/stage-restore.ts';

/** A check that is told to stop has its grace period; what is stuck longer is the next attempt's, milliseconds. */
const REMOVAL_MILLISECONDS = 60_000;

/** See DrillControlActivities. The check of an older drill goes first: its pod would hold that drill's claim. */
export async function stageDrill(
  dependencies: ActivityDependencies,
  input: DrillInput,
): Promise<{ readonly stagingClaim: string }> {
  const { cluster, runs, log } = dependencies;
  const ref = checkJobOf(input);
  // By list: removing Jobs is this role's right, reading one is not.
  const [job] = await cluster.list('Job', ref);
  const standing = job ? await standingOf(job, nameOf('Job', ref), input.run, runs) : undefined;
  if (standing === 'Leftover') {
    log.info({ ...ref }, 'removes the check that an older drill left');
    const uid = job?.metadata?.uid;
    await removeCheck(dependencies, input, (metadata) => metadata?.uid === uid);
  }
  return await stageRestore(dependencies, input);
}

/** See DrillControlActivities. Jobs before the claim that they hold. */
export async function cleanUpDrill(dependencies: ActivityDependencies, step: DrillStep): Promise<CleanUpResult> {
  const removed = await removeCheck(dependencies, step, (metadata) => isOwn(metadata, step.run));
  const rest = await cleanUpRestore(dependencies, { ...step, handedOver: false });
  return { removed: [...(removed ? [nameOf('Job', checkJobOf(step))] : []), ...rest.removed] };
}

type Metadata = Parameters<typeof isOwn>[0];

const removeCheck = (
  { cluster, clock }: ActivityDependencies,
  step: DrillStep,
  wanted: (metadata: Metadata) => boolean,
): Promise<boolean> =>
  withHeartbeats(clock, ({ signal }) =>
    removeObject(
      { kind: 'Job', ref: checkJobOf(step), wanted: ({ metadata }) => wanted(metadata) },
      { cluster, clock, signal, patience: REMOVAL_MILLISECONDS },
    ),
  );

const checkJobOf = ({ request }: DrillStep) => ({
  namespace: request.namespace,
  name: drillCheckJobName(request.source),
});
