import type {
  CreateSnapshotRequest,
  CreateVolumeRequest,
  ListSnapshotsRequest,
  ListSnapshotsResponse,
  SnapshotMessage,
  ValidateVolumeCapabilitiesRequest,
  VolumeMessage,
} from './messages.ts';
import { parseParameters } from './parameters.ts';
import type { Handlers } from './protocol.ts';
import { requireText, whyUnsupported } from './requests.ts';
import { createSnapshot, deleteSnapshot, pageOf } from './snapshots.ts';
import type { SnapshotRecord, VolumeRecord } from './state.ts';
import { CsiCode, CsiError } from './status.ts';
import { createVolume, deleteVolume, findVolume, type Storage } from './volumes.ts';

/** SINGLE_NODE_MULTI_WRITER lets a claim be ReadWriteOncePod, which the scheduler then enforces. */
const capabilities = [
  'CREATE_DELETE_VOLUME',
  'CREATE_DELETE_SNAPSHOT',
  'LIST_SNAPSHOTS',
  'CLONE_VOLUME',
  'SINGLE_NODE_MULTI_WRITER',
];

/** The Controller service. */
export function controllerHandlers(storage: Storage): Handlers {
  return {
    ControllerGetCapabilities: () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) }),
    CreateVolume: async (request: CreateVolumeRequest) => ({ volume: toVolume(await createVolume(storage, request)) }),
    DeleteVolume: async ({ volumeId }: { volumeId: string }) => {
      await deleteVolume(storage, volumeId);
      return {};
    },
    ValidateVolumeCapabilities: (request: ValidateVolumeCapabilitiesRequest) => {
      findVolume(storage, requireText('volume_id', request.volumeId));
      const { volumeCapabilities, parameters } = request;
      if (volumeCapabilities.length === 0) {
        throw new CsiError(CsiCode.InvalidArgument, 'volume_capabilities are missing');
      }
      const reason = volumeCapabilities.map(whyUnsupported).find(Boolean);
      if (reason) return { message: reason };
      if (Object.keys(parameters).length > 0) parseParameters(parameters);
      return { confirmed: { volumeCapabilities, parameters } };
    },
    CreateSnapshot: async (request: CreateSnapshotRequest) => ({
      snapshot: toSnapshot(await createSnapshot(storage, request)),
    }),
    DeleteSnapshot: async ({ snapshotId }: { snapshotId: string }) => {
      await deleteSnapshot(storage, snapshotId);
      return {};
    },
    ListSnapshots: (request: ListSnapshotsRequest): ListSnapshotsResponse => {
      const page = pageOf(Object.values(storage.state.current().snapshots), request);
      return {
        entries: page.snapshots.map((record) => ({ snapshot: toSnapshot(record) })),
        nextToken: page.nextToken,
      };
    },
  };
}

function toVolume({ id, capacityBytes, source }: VolumeRecord): VolumeMessage {
  const contentSource =
    source?.kind === 'snapshot'
      ? { snapshot: { snapshotId: source.id } }
      : source && { volume: { volumeId: source.id } };
  return { volumeId: id, capacityBytes, ...(contentSource && { contentSource }) };
}

function toSnapshot(record: SnapshotRecord): SnapshotMessage {
  const milliseconds = Date.parse(record.createdAt);
  return {
    snapshotId: record.id,
    sourceVolumeId: record.sourceVolumeId,
    sizeBytes: record.sizeBytes,
    creationTime: { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 },
    readyToUse: true,
  };
}
