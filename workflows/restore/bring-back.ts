import { CancellationScope } from '@temporalio/workflow';
import { imageSnapshotName } from '../../api/names.ts';
import { isOwnImageClaim } from '../../api/restore-request.ts';
import { FailureType } from '../failures.ts';
import type { SnapshotSummary } from '../repository/contract.ts';
import { failRun } from '../run-failure.ts';
import {
  type Comparison,
  type HandOverResult,
  type ImageReference,
  RestorePhase,
  type RestorePreflight,
  type VolumePlan,
} from './contract.ts';
import { planRestore } from './plan.ts';
import { identityOf, type Outcome, type RestoreRun, recordEnd, refuseCancelled } from './run.ts';
import { startEmpty } from './start-empty.ts';

/** From the first look to the recorded end of a run that succeeds; what it made for itself is removed afterwards. */
export async function bringBack(run: RestoreRun): Promise<Outcome> {
  const { request, step, steps, tracker } = run;
  const found = await tracker.phase(RestorePhase.Preflight, () => steps.preflight(step));
  if (found.claimExists && !found.handedOverByThisRun) return await leaveAlone(run);
  const selected = await tracker.phase(RestorePhase.SelectSnapshot, () =>
    steps.selectSnapshot({
      repository: request.repository,
      expectedUniqueId: found.repositoryUniqueId,
      identity: request.identity,
      choice: request.snapshot,
      // A person who says Empty means it.
      ...(request.declared && request.whenNoSnapshot === 'Empty' ? { neighbours: request.neighbours } : {}),
    }),
  );
  const { found: snapshot, skipped } = selected;
  if (skipped > 0) tracker.note('snapshots skipped as not whole', skipped);
  return snapshot ? await restoreSnapshot(run, found, snapshot) : await startEmpty(run, found, selected);
}

/** A claim that exists: a manual trigger is answered all the same, because there is nothing to do. */
async function leaveAlone(run: RestoreRun): Promise<Outcome> {
  const { request } = run;
  const message = `claim ${request.namespace}/${request.claim} exists: nothing was touched (delete it first if it is to be restored)`;
  if (request.declared) await recordEnd(run, { outcome: 'TargetExists', message, ...ownImage(run) });
  return { outcome: 'TargetExists', message };
}

async function restoreSnapshot(run: RestoreRun, found: RestorePreflight, snapshot: SnapshotSummary): Promise<Outcome> {
  const { request, step, steps, tracker } = run;
  tracker.note('snapshot', `${snapshot.id} of ${snapshot.startTime}`);
  const plan = planRestore(request, found, snapshot);
  await tracker.phase(RestorePhase.Stage, () => steps.stage({ ...step, plan }));
  await tracker.phase(RestorePhase.Mover, () => steps.runMover({ ...step, plan }));
  const comparison = await tracker.phase(RestorePhase.Check, () => steps.check({ ...step, plan }));
  if (comparison.mismatches.count > 0) {
    throw failRun(
      FailureType.RestoreMismatch,
      `${comparison.mismatches.count} differences from snapshot ${snapshot.id}: ${comparison.mismatches.examples.join('; ')}`,
    );
  }
  tracker.note('files compared', `${comparison.filesFound}, ${comparison.contentsCompared} with their whole content`);
  if (comparison.owners.count + comparison.modes.count > 0) {
    tracker.note('not restored', `owners of ${comparison.owners.count}, modes of ${comparison.modes.count} entries`);
  }
  refuseCancelled();
  const message = sentence(run, snapshot, comparison);
  const delivered =
    request.deliver === 'Image' ? await deliverImage(run, message, snapshot) : await deliverClaim(run, message, plan);
  return {
    outcome: 'Restored',
    message: `${what(run)} is back from the snapshot of ${snapshot.startTime}`,
    snapshotId: snapshot.id,
    snapshotTime: snapshot.startTime,
    files: comparison.filesFound,
    directories: comparison.directoriesFound,
    bytes: comparison.bytesFound,
    comparison,
    ...delivered,
  };
}

/** A cancel that comes now is too late: half a handover would leave a volume that belongs to nobody. */
async function deliverClaim(
  run: RestoreRun,
  message: string,
  plan: VolumePlan,
): Promise<HandOverResult & { readonly image?: ImageReference }> {
  const { step, steps, tracker } = run;
  run.handedOver = true;
  return await CancellationScope.nonCancellable(async () => {
    const handed = await tracker.phase(RestorePhase.HandOver, () => steps.handOver({ ...step, plan }));
    const image = ownImage(run);
    await recordEnd(run, { outcome: 'Restored', message, snapshotId: plan.snapshot?.id ?? '', ...image });
    return { ...handed, ...image };
  });
}

/** Until it is recorded the former image stays the latest, and clean-up removes the new one. */
async function deliverImage(
  run: RestoreRun,
  message: string,
  snapshot: SnapshotSummary,
): Promise<{ readonly image: ImageReference }> {
  const { request, step, steps, tracker } = run;
  const imageName = imageSnapshotName(request.destination, new Date());
  const { image, replaces } = await tracker.phase(RestorePhase.Image, () => steps.deliverImage({ ...step, imageName }));
  if (replaces) run.replaced = replaces;
  await CancellationScope.nonCancellable(() =>
    recordEnd(run, { outcome: 'Restored', message, snapshotId: snapshot.id, image }),
  );
  return { image };
}

/** VolSync's `volsync-…-dest` of a Direct copy is the destination's latest image itself. */
function ownImage({ request }: RestoreRun): { readonly image?: ImageReference } {
  return isOwnImageClaim(request)
    ? { image: { apiGroup: '', kind: 'PersistentVolumeClaim', name: request.claim } }
    : {};
}

const what = ({ request }: RestoreRun): string =>
  request.deliver === 'Image'
    ? `image of ${request.namespace}/${request.destination}`
    : `claim ${request.namespace}/${request.claim}`;

const sentence = (run: RestoreRun, snapshot: SnapshotSummary, found: Comparison): string =>
  `${what(run)} from snapshot ${snapshot.id} of ${identityOf(run)}, taken ${snapshot.startTime}: ${found.filesFound} files, ${found.bytesFound} bytes`;
