import { isAbsolute, normalize } from 'node:path';
import { isBelow } from '../host/mounts.ts';
import type { VolumeCapability, VolumeContentSource } from './messages.ts';
import type { VolumeSource } from './state.ts';
import { CsiCode, CsiError } from './status.ts';

/** A required text field. @throws CsiError INVALID_ARGUMENT naming it. */
export function requireText(field: string, value: string | undefined): string {
  if (value) return value;
  throw new CsiError(CsiCode.InvalidArgument, `${field} is missing`);
}

/** Why a capability cannot be had, or undefined. Pure. */
export function whyUnsupported(capability: VolumeCapability): string | undefined {
  if (capability.accessType === 'block') return 'block volumes are not supported: use volumeMode Filesystem';
  if (capability.accessType !== 'mount') return 'the access type is missing';
  if (!capability.accessMode || capability.accessMode.mode === 'UNKNOWN') return 'the access mode is missing';
  return undefined;
}

/** Checks the capabilities of a request. @throws CsiError INVALID_ARGUMENT. */
export function requireCapabilities(capabilities: readonly VolumeCapability[]): void {
  if (capabilities.length === 0) throw new CsiError(CsiCode.InvalidArgument, 'volume_capabilities are missing');
  for (const capability of capabilities) {
    const reason = whyUnsupported(capability);
    if (reason) throw new CsiError(CsiCode.InvalidArgument, reason);
  }
}

/** The source that a new volume is made from, if any. Pure. @throws CsiError INVALID_ARGUMENT when its id is missing. */
export function contentSourceOf(source: VolumeContentSource | null): VolumeSource | undefined {
  if (!source) return undefined;
  if (source.snapshot) return { kind: 'snapshot', id: requireText('snapshot_id', source.snapshot.snapshotId) };
  if (source.volume) return { kind: 'volume', id: requireText('volume_id', source.volume.volumeId) };
  throw new CsiError(CsiCode.InvalidArgument, 'volume_content_source names neither a snapshot nor a volume');
}

/**
 * The path at which a volume is published. Pure. This process is root: it mounts and removes folders below the kubelet's only.
 * @throws CsiError INVALID_ARGUMENT.
 */
export function requireTarget(targetPath: string, kubeletDirectory: string): string {
  const target = requireText('target_path', targetPath);
  if (isAbsolute(target) && normalize(target) === target && isBelow(target, kubeletDirectory)) return target;
  throw new CsiError(CsiCode.InvalidArgument, `target_path '${target}' does not lie below ${kubeletDirectory}`);
}

/** True when the volume is to be mounted read-only. A ReadOnlyMany claim comes with readonly=false: its access mode says it. Pure. */
export function isReadOnly(request: {
  readonly readonly: boolean;
  readonly volumeCapability: VolumeCapability | null;
}): boolean {
  const mode = request.volumeCapability?.accessMode?.mode ?? '';
  return request.readonly || mode === 'MULTI_NODE_READER_ONLY' || mode === 'SINGLE_NODE_READER_ONLY';
}
