import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { VolumeSnapshot } from '../ports/cluster.ts';
import { PortError } from '../ports/port-error.ts';

/** The snapshot controller writes conflicts of its own as errors and takes them back: only one that stays counts. */
const ERROR_MILLISECONDS = 3_000;

/** Bound is not enough: some drivers go on copying, and a volume made from such a snapshot may be empty. */
export const isReady = ({ status }: VolumeSnapshot): boolean => status?.readyToUse === true;

/**
 * Waits until a VolumeSnapshot can be restored from, at most `patience` (milliseconds). Throws VolumeSnapshotFailed with the
 * controller's own words.
 */
export async function untilReady(
  { cluster, clock }: Pick<ActivityDependencies, 'cluster' | 'clock'>,
  ref: { readonly namespace: string; readonly name: string },
  of: { readonly claim: string; readonly volumeSnapshotClassName?: string | undefined },
  patience: number,
  signal: AbortSignal,
): Promise<NonNullable<VolumeSnapshot['status']>> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let problem = `has not become usable within ${patience / 1000} s`;
  const limit = clock.sleep(patience, either).then(() => stop.abort());
  let erring: Promise<void> | undefined;
  try {
    for await (const { type, object } of cluster.watch('VolumeSnapshot', ref, either)) {
      if (type === 'Gone') {
        problem = 'was deleted before it was usable';
        break;
      }
      if (isReady(object)) return object.status!;
      const said = object.status?.error?.message;
      if (!said) continue;
      problem = `failed: ${said}${classHint(said, of.volumeSnapshotClassName)}`;
      erring ??= clock.sleep(ERROR_MILLISECONDS, either).then(() => stop.abort());
    }
  } finally {
    stop.abort();
    await Promise.all([limit, erring]);
  }
  throw new PortError(
    FailureType.VolumeSnapshotFailed,
    `VolumeSnapshot ${ref.namespace}/${ref.name} of claim ${of.claim} ${problem}`,
  );
}

/** The controller's words for a missing class differ; the remedy is one. */
function classHint(message: string, className: string | undefined): string {
  if (!/snapshot ?class/i.test(message)) return '';
  return className
    ? ` (VolumeSnapshotClass '${className}' is named by the request: does it exist?)`
    : ' (the cluster has no default VolumeSnapshotClass for this driver: name one with volumeSnapshotClassName)';
}
