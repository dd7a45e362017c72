import { DeclaredKind } from '../../api/declared-object.ts';
import { CREATED_BY, Label } from '../../api/metadata.ts';
import type { CleanUpRestoreInput } from '../../workflows/restore/contract.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { DeclaredObject, VolumeSnapshot } from '../ports/cluster.ts';
import { readDestination } from '../status/destination-status.ts';
import { Component, isOwn, labelValue, ownerOf } from './ownership.ts';
import { nameOf, removeObject } from './remove-object.ts';
import type { Removal } from './settle-removals.ts';

/**
 * Removes the images of a destination that are not its recorded latest one: the former one, this run's own where it came to no
 * record, and what closed runs left. What the status says now decides, so nothing that it names is ever removed. One that a
 * person marked is let go of instead, as VolSync does.
 */
export async function removeSuperseded(
  dependencies: ActivityDependencies,
  input: CleanUpRestoreInput,
  { signal, patience }: { readonly signal: AbortSignal; readonly patience: number },
): Promise<Removal[]> {
  const { cluster, clock } = dependencies;
  const destination = await readDestination(dependencies, input.request);
  const latest = destination?.status?.latestImage?.name;
  const images = (await findImages(dependencies, input)).filter(({ metadata }) => metadata?.name !== latest);
  const removals: Removal[] = [];
  for (const image of images) {
    const { metadata } = image;
    const ref = { namespace: input.request.namespace, name: metadata?.name ?? '' };
    if (metadata?.labels?.[Label.doNotDelete] !== undefined) {
      await letGo(dependencies, image, destination);
      continue;
    }
    const uid = metadata?.uid;
    const wanted = (object: VolumeSnapshot): boolean =>
      object.metadata?.uid === uid && object.metadata?.labels?.[Label.doNotDelete] === undefined;
    removals.push({
      name: nameOf('VolumeSnapshot', ref),
      removed: removeObject({ kind: 'VolumeSnapshot', ref, wanted }, { cluster, clock, signal, patience }),
    });
  }
  return removals;
}

/** Images that no open run but this one can be about to record. */
async function findImages(
  { cluster, runs }: ActivityDependencies,
  { run, request, replaced }: CleanUpRestoreInput,
): Promise<VolumeSnapshot[]> {
  const { namespace, destination } = request;
  const labels = `${Label.component}=${Component.image},${Label.destination}=${labelValue(destination)}`;
  const found: VolumeSnapshot[] = [];
  for (const image of await cluster.list('VolumeSnapshot', { namespace, labels })) {
    const owner = ownerOf(image.metadata);
    if (isOwn(image.metadata, run) || (owner && !(await runs.isOpen(owner)))) found.push(image);
  }
  if (!replaced || found.some(({ metadata }) => metadata?.name === replaced)) return found;
  // The image of a run of VolSync, which knows nothing of our labels.
  const former = await cluster.get('VolumeSnapshot', { namespace, name: replaced });
  return former?.metadata?.labels?.[Label.createdBy] === CREATED_BY ? [...found, former] : found;
}

/** Takes off what makes it ours and what would remove it with the destination. */
async function letGo(
  { cluster }: ActivityDependencies,
  { metadata }: VolumeSnapshot,
  destination: DeclaredObject | undefined,
): Promise<void> {
  const { namespace = '', name = '', ownerReferences = [] } = metadata ?? {};
  const owners = ownerReferences.filter(
    ({ kind, uid }) => kind !== DeclaredKind.destination || (destination && uid !== destination.metadata?.uid),
  );
  const ours = [Label.createdBy, Label.managedBy, Label.component, Label.run, Label.destination, Label.cleanup];
  const labels = Object.fromEntries(ours.map((key) => [key, null]));
  await cluster.patch('VolumeSnapshot', { namespace, name }, { metadata: { labels, ownerReferences: owners } });
}
