import { formatIdentity } from '../../api/identity.ts';
import { SnapshotTag } from '../../api/metadata.ts';
import { FailureType } from '../failures.ts';
import type { SnapshotSummary } from '../repository/contract.ts';
import type { Comparison, RestorePlan } from '../restore/contract.ts';
import { planRestore } from '../restore/plan.ts';
import { failRun } from '../run-failure.ts';
import { type DrillInput, DrillPhase, type DrillPreflight } from './contract.ts';
import type { DrillRun } from './run.ts';

/** From the first look to data that was compared and used; returns the result in one sentence. */
export async function rehearse(run: DrillRun): Promise<string> {
  const { drill, step, steps, tracker, measured } = run;
  const { restore } = drill;
  const found = await tracker.phase(DrillPhase.Preflight, () => steps.preflight(step));
  const snapshot = await choose(run, found);
  const input: DrillInput = { ...step, plan: planOf(run, found, snapshot) };
  await tracker.phase(DrillPhase.Stage, () => steps.stage(input));
  const moved = await tracker.phase(DrillPhase.Mover, () => steps.runMover(input));
  const comparison = await tracker.phase(DrillPhase.Compare, () => steps.compare(input));
  refuseDifferences(snapshot, comparison);
  measured.restoreSeconds = seconds(Date.now() - run.startedAt);
  measured.files = comparison.filesFound;
  measured.bytes = comparison.bytesFound;
  measured.contentsCompared = comparison.contentsCompared;
  if (moved.kopiaMilliseconds > 0) {
    measured.bytesPerSecond = Math.round((comparison.bytesFound / moved.kopiaMilliseconds) * 1000);
  }
  tracker.note('time to restore', `${measured.restoreSeconds} s`);
  const restored = `${restore.namespace}/${restore.claim} was restored in ${measured.restoreSeconds} s from the snapshot of ${snapshot.startTime}: ${comparison.filesFound} files, ${comparison.bytesFound} bytes, no difference`;
  return (await check(run, input)) ? `${restored}; ${drill.check?.image} found it good` : restored;
}

async function choose(run: DrillRun, found: DrillPreflight): Promise<SnapshotSummary> {
  const { drill, steps, tracker, measured } = run;
  const { repository, identity, snapshot: choice } = drill.restore;
  const expectedUniqueId = found.repositoryUniqueId;
  const { found: snapshot, skipped } = await tracker.phase(DrillPhase.SelectSnapshot, () =>
    steps.selectSnapshot({ repository, expectedUniqueId, identity, choice }),
  );
  if (!snapshot) {
    throw failRun(
      FailureType.SnapshotNotFound,
      `repository ${repository} holds no whole snapshot of ${formatIdentity(identity)}: there is nothing to restore`,
    );
  }
  if (skipped > 0) tracker.note('snapshots skipped as not whole', skipped);
  measured.snapshotId = snapshot.id;
  measured.snapshotTime = snapshot.startTime;
  measured.dataAgeSeconds = Math.max(0, seconds(run.startedAt - Date.parse(snapshot.startTime)));
  tracker.note('snapshot', `${snapshot.id} of ${snapshot.startTime}`);
  return snapshot;
}

/** A snapshot that does not say what its claim was (VolSync made it) is restored into one like the application's. */
function planOf({ drill }: DrillRun, { claim, ...found }: DrillPreflight, snapshot: SnapshotSummary): RestorePlan {
  const said = drill.restore.capacity ?? snapshot.tags[SnapshotTag.capacity];
  const like = said === undefined && claim ? { waiting: claim } : {};
  return planRestore(drill.restore, { ...found, ...like, claimExists: false, handedOverByThisRun: false }, snapshot);
}

function refuseDifferences(snapshot: SnapshotSummary, { mismatches }: Comparison): void {
  if (mismatches.count === 0) return;
  throw failRun(
    FailureType.RestoreMismatch,
    `${mismatches.count} differences from snapshot ${snapshot.id}: ${mismatches.examples.join('; ')}`,
  );
}

/** After the comparison, because the check may write. False where nobody names one. */
async function check({ drill, steps, tracker, measured }: DrillRun, input: DrillInput): Promise<boolean> {
  const named = drill.check;
  if (!named) return false;
  const { runMilliseconds, log } = await tracker.phase(DrillPhase.Check, () =>
    steps.runCheck({ ...input, check: named }),
  );
  measured.check = { image: named.image, seconds: seconds(runMilliseconds), log: [...log] };
  tracker.note('checked by', named.image);
  return true;
}

/** Tenths are enough for people. */
const seconds = (milliseconds: number): number => Math.round(milliseconds / 100) / 10;
