import { backupJobName } from '../../api/names.ts';
import type { BackupMoverInput, BackupMoverResult } from '../../workflows/backup/contract.ts';
import { activityContext } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { classifyKopiaError, decisiveFailure } from '../kopia/errors.ts';
import { type CreatedSnapshot, parseSnapshotCreated } from '../kopia/output.ts';
import { tellStep } from '../status/backup-events.ts';
import { EventReason } from '../status/event.ts';
import { buildCacheClaim, buildSnapshotClaim } from '../volume/claims.ts';
import { buildBackupJob } from './backup-job.ts';
import { declaredClaims } from './declared-pod.ts';
import type { LogLanguage } from './log-reader.ts';
import { runMover, toldToStop } from './run-mover.ts';
import { TransferWatch } from './transfer-watch.ts';

/** Kopia's word for a snapshot that a signal cut short. */
const CANCELED = 'canceled';

/** Kopia writes its last packs after its result; longer than this is not waited for a figure. */
const REPORT_MILLISECONDS = 10_000;

/** What `kopia snapshot create --json` says. Its one line of JSON comes also when files could not be read. */
export const backupLanguage: LogLanguage<CreatedSnapshot> = {
  result: (line) => parseSnapshotCreated(line),
  decisive: (line) => decisiveFailure(line, 'backup'),
  classify: (tail) => classifyKopiaError(tail, { operation: 'backup' }),
};

/** See BackupMoverActivities. */
export async function runBackupMover(
  dependencies: ActivityDependencies,
  input: BackupMoverInput,
): Promise<BackupMoverResult> {
  const { run, request, plan, capture } = input;
  const jobName = backupJobName(request.source);
  const { result, ...times } = await runMover(dependencies, {
    objects: {
      run,
      job: buildBackupJob(input, dependencies.settings, dependencies.reports?.address),
      claims: capture.volumeSnapshot ? [buildSnapshotClaim(input, capture.volumeSnapshot, capture.capacity)] : [],
      keptClaims: plan.cacheClaimExists ? [] : [buildCacheClaim(input)],
      declared: request.declared,
    },
    language: backupLanguage,
    transfer: () => new TransferWatch('backup', input.expectedBytes),
    claims: [capture.dataClaim, plan.cacheClaim, ...declaredClaims(plan.repository, request)],
    startDeadlineSeconds: request.startDeadlineSeconds,
    posted: () => tellPosted(dependencies, input),
    judge: ({ summary }) => (summary.incomplete === CANCELED ? toldToStop(jobName, CANCELED) : undefined),
  });
  const { summary, failedPaths } = result;
  const uploadedBytes = await dependencies.reports?.final(run.runId, REPORT_MILLISECONDS, activityContext().signal);
  return {
    snapshotId: summary.id,
    files: summary.files,
    directories: summary.directories,
    bytes: summary.bytes,
    unreadable: summary.failedEntries,
    unreadablePaths: failedPaths,
    ...(summary.incomplete ? { incomplete: summary.incomplete } : {}),
    ...(uploadedBytes === undefined ? {} : { uploadedBytes }),
    startMilliseconds: times.startMilliseconds,
    kopiaMilliseconds: Math.max(0, Date.parse(summary.endTime) - Date.parse(summary.startTime)),
  };
}

/** What was posted for a declared source, in VolSync's words. */
async function tellPosted(dependencies: ActivityDependencies, input: BackupMoverInput): Promise<void> {
  const { request, capture } = input;
  const reads = `mover ${backupJobName(request.source)} reads ${capture.dataClaim}`;
  await Promise.all([
    capture.volumeSnapshot === undefined
      ? undefined
      : tellStep(
          dependencies,
          input,
          EventReason.claimCreated,
          `created ${capture.dataClaim} from ${capture.volumeSnapshot}`,
        ),
    tellStep(dependencies, input, EventReason.transferStarted, `${reads} into repository ${request.repository}`),
  ]);
}
