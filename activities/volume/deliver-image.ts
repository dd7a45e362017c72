import { stagingClaimName } from '../../api/names.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { DeliverImageInput, DeliverImageResult, ImageReference } from '../../workflows/restore/contract.ts';
import { withHeartbeats } from '../activity-context.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { VolumeSnapshot } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';
import { readDestination } from '../status/destination-status.ts';
import { EventReason } from '../status/event.ts';
import { tellDestination } from '../status/restore-events.ts';
import { standingOf } from './ownership.ts';
import { nameOf } from './remove-object.ts';
import { removeMoversOf } from './stage-restore.ts';
import { isReady, untilReady } from './until-ready.ts';
import { buildImage } from './volume-snapshot.ts';

/** How long one attempt waits; the next one finds the snapshot again. */
const READY_MILLISECONDS = 300_000;

export const imageReference = (name: string): ImageReference => ({
  apiGroup: 'snapshot.storage.k8s.io',
  kind: 'VolumeSnapshot',
  name,
});

/**
 * See RestoreControlActivities. The movers go first: with their pods the volume is unmounted, and what they wrote is on it. The
 * former image is only named here; it stays the latest one until the new one is recorded.
 */
export async function deliverImage(
  dependencies: ActivityDependencies,
  input: DeliverImageInput,
): Promise<DeliverImageResult> {
  const { run, request, imageName } = input;
  const { namespace, destination, volumeSnapshotClassName } = request;
  return await withHeartbeats(dependencies.clock, async ({ signal }) => {
    const declared = await readDestination(dependencies, request);
    await removeMoversOf(dependencies, { namespace, destination, run }, signal);
    const image = await obtainImage(dependencies, input);
    const of = { claim: stagingClaimName(destination), volumeSnapshotClassName };
    const ref = { namespace, name: imageName };
    if (!isReady(image)) await untilReady(dependencies, ref, of, READY_MILLISECONDS, signal);
    const former = declared?.status?.latestImage;
    const replaces = former?.kind === 'VolumeSnapshot' && former.name !== imageName ? former.name : undefined;
    return { image: imageReference(imageName), ...(replaces ? { replaces } : {}) };
  });
}

/** Creates the VolumeSnapshot, or finds the one of its own run. */
async function obtainImage(dependencies: ActivityDependencies, input: DeliverImageInput): Promise<VolumeSnapshot> {
  const { cluster, runs } = dependencies;
  const { run, request, imageName } = input;
  const ref = { namespace: request.namespace, name: imageName };
  const created = await cluster.create('VolumeSnapshot', buildImage(input));
  if (created) {
    const message = `created ${imageName} from ${stagingClaimName(request.destination)}`;
    await tellDestination(dependencies, input, EventReason.volumeSnapshotCreated, message);
    return created;
  }
  const existing = await cluster.get('VolumeSnapshot', ref);
  const what = nameOf('VolumeSnapshot', ref);
  if (existing && (await standingOf(existing, what, run, runs)) === 'Own' && !existing.metadata?.deletionTimestamp) {
    return existing;
  }
  throw new PortError(FailureType.VolumeSnapshotFailed, `${what} belongs to another run or is being deleted`);
}
