import { CancellationScope } from '@temporalio/workflow';
import { FailureType } from '../failures.ts';
import type { SelectSnapshotResult } from '../repository/contract.ts';
import { failRun } from '../run-failure.ts';
import { type HandOverResult, RestorePhase, type RestorePreflight } from './contract.ts';
import { emptyClaimCapacity, planEmptyVolume } from './plan.ts';
import { identityOf, type Outcome, type RestoreRun, recordEnd, refuseCancelled } from './run.ts';

/** First deployment: the repository is readable and holds nothing under this identity. Only where the request allows it. */
export async function startEmpty(
  run: RestoreRun,
  found: RestorePreflight,
  { otherIdentities = [], formerIdentities = [] }: SelectSnapshotResult,
): Promise<Outcome> {
  const { request } = run;
  if (request.whenNoSnapshot === 'Fail') {
    const others = otherIdentities.length > 0 ? `; it holds ${otherIdentities.join(', ')}` : '';
    throw failRun(
      FailureType.SnapshotNotFound,
      `repository ${request.repository} holds no whole snapshot of ${identityOf(run)}${others}; no ${request.deliver === 'Image' ? 'image' : 'claim'} was made (whenNoSnapshot: Empty allows an empty one for a first deployment)`,
    );
  }
  if (formerIdentities.length > 0) {
    throw failRun(
      FailureType.SnapshotNotFound,
      `repository ${request.repository} holds no whole snapshot of ${identityOf(run)}, but it holds ${formerIdentities.join(', ')}, which no source declares now: was this one renamed? Name the right one in spec.kopia.username and hostname of source or destination; if this is another application, make claim ${request.claim} yourself`,
    );
  }
  if (request.deliver === 'Image') return await withoutImage(run);
  const message = `claim ${request.namespace}/${request.claim} starts empty: no snapshot was ever made of ${identityOf(run)}`;
  const handed = found.waiting ? await fillWaiting(run, found, message) : await makeEmpty(run, message);
  return { outcome: 'StartedEmpty', message, ...handed };
}

/** An image of nothing is no image: a claim that names the destination gets its empty volume when it waits for one. */
async function withoutImage(run: RestoreRun): Promise<Outcome> {
  const message = `no image was made: no snapshot was ever made of ${identityOf(run)}`;
  await recordEnd(run, { outcome: 'StartedEmpty', message });
  return { outcome: 'StartedEmpty', message };
}

async function makeEmpty(run: RestoreRun, message: string): Promise<HandOverResult> {
  const { step, steps, tracker } = run;
  const capacity = emptyClaimCapacity(run.request);
  const handed = await tracker.phase(RestorePhase.HandOver, () => steps.createEmpty({ ...step, capacity }));
  run.handedOver = true;
  await recordEnd(run, { outcome: 'StartedEmpty', message });
  return handed;
}

/** No provisioner fills a claim that names a destination: an empty volume is made beside it and handed over. */
async function fillWaiting(run: RestoreRun, found: RestorePreflight, message: string): Promise<HandOverResult> {
  const { step, steps, tracker } = run;
  const input = { ...step, plan: planEmptyVolume(found, found.waiting!) };
  await tracker.phase(RestorePhase.Stage, () => steps.stage(input));
  await tracker.phase(RestorePhase.Provision, () => steps.provisionEmpty(input));
  refuseCancelled();
  run.handedOver = true;
  return await CancellationScope.nonCancellable(async () => {
    const handed = await tracker.phase(RestorePhase.HandOver, () => steps.handOver(input));
    await recordEnd(run, { outcome: 'StartedEmpty', message });
    return handed;
  });
}
