import { restoreJobName, stagingClaimName } from '../../api/names.ts';
import type { RestoreMoverInput, RestoreMoverResult, VolumeInput } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import { parseRestored, type RestoredCounts } from '../kopia/output.ts';
import { EventReason } from '../status/event.ts';
import { tellDestination } from '../status/restore-events.ts';
import { declaredClaims } from './declared-pod.ts';
import type { LogLanguage } from './log-reader.ts';
import { buildEmptyJob, buildRestoreJob } from './restore-job.ts';
import { runMover } from './run-mover.ts';
import { TransferWatch } from './transfer-watch.ts';

/** What `kopia snapshot restore` says: one sentence at its end. */
export const restoreLanguage: LogLanguage<RestoredCounts> = {
  result: (line) => parseRestored(line),
  decisive: (line) => decisiveFailure(line, 'restore'),
  classify: (tail) => classifyKopiaError(tail, { operation: 'restore' }),
};

/** See RestoreMoverActivities. What was restored is what the check compares afterwards, not what is said here. */
export async function runRestoreMover(
  dependencies: ActivityDependencies,
  input: RestoreMoverInput,
): Promise<RestoreMoverResult> {
  const { run, request, plan } = input;
  const { result, startMilliseconds, runMilliseconds } = await runMover(dependencies, {
    objects: {
      run,
      job: buildRestoreJob(input, dependencies.settings),
      claims: [],
      keptClaims: [],
      declared: request.declared,
    },
    posted: () =>
      tellDestination(
        dependencies,
        input,
        EventReason.transferStarted,
        `restores snapshot ${plan.snapshot.id} into ${stagingClaimName(request.destination)}`,
      ),
    language: restoreLanguage,
    transfer: () => new TransferWatch('restore', plan.snapshot.bytes),
    claims: [stagingClaimName(request.destination), ...declaredClaims(plan.repository, request)],
    startDeadlineSeconds: request.startDeadlineSeconds,
  });
  dependencies.log.debug({ job: restoreJobName(request.destination), ...result }, 'restored into the staging claim');
  return { ...result, bytes: plan.snapshot.bytes, startMilliseconds, kopiaMilliseconds: runMilliseconds };
}

/** What `kopia --version` says; the word is enough to know that the container ran with the volume mounted. */
const versionLanguage: LogLanguage<true> = {
  result: (line) => (/\bbuild: /.test(line) ? true : undefined),
  decisive: () => undefined,
  classify: (tail) => classifyKopiaError(tail, { operation: 'restore' }),
};

/** See RestoreMoverActivities. */
export async function provisionEmptyVolume(dependencies: ActivityDependencies, input: VolumeInput): Promise<void> {
  const { run, request, plan } = input;
  await runMover(dependencies, {
    objects: { run, job: buildEmptyJob(input, dependencies.settings), claims: [], keptClaims: [] },
    language: versionLanguage,
    claims: [stagingClaimName(request.destination), ...declaredClaims(plan.repository, request)],
    startDeadlineSeconds: request.startDeadlineSeconds,
  });
}
