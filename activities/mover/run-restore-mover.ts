import { restoreJobName, stagingClaimName } from '../../api/names.ts';
import type { RestoreMoverInput, RestoreMoverResult } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import { parseRestored, type RestoredCounts } from '../kopia/output.ts';
import type { LogLanguage } from './log-reader.ts';
import { buildRestoreJob } from './restore-job.ts';
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
    language: restoreLanguage,
    transfer: () => new TransferWatch('restore', plan.snapshot.bytes),
    claims: [stagingClaimName(request.destination), request.repositoryClaim],
    startDeadlineSeconds: request.startDeadlineSeconds,
  });
  dependencies.log.debug({ job: restoreJobName(request.destination), ...result }, 'restored into the staging claim');
  return { ...result, bytes: plan.snapshot.bytes, startMilliseconds, kopiaMilliseconds: runMilliseconds };
}
