/** The parts of csi.v1 messages that this driver reads or writes, in proto-loader's camel case. 64-bit sizes are numbers. */

export type CapacityRange = { readonly requiredBytes: number; readonly limitBytes: number };

export type VolumeCapability = {
  readonly accessType?: 'block' | 'mount';
  readonly mount?: { readonly fsType: string; readonly mountFlags: readonly string[] } | null;
  readonly accessMode: { readonly mode: string } | null;
};

export type VolumeContentSource = {
  readonly snapshot?: { readonly snapshotId: string } | null;
  readonly volume?: { readonly volumeId: string } | null;
};

export type CreateVolumeRequest = {
  readonly name: string;
  readonly capacityRange: CapacityRange | null;
  readonly volumeCapabilities: readonly VolumeCapability[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly volumeContentSource: VolumeContentSource | null;
};

export type VolumeMessage = {
  readonly volumeId: string;
  readonly capacityBytes: number;
  readonly contentSource?: VolumeContentSource;
};

export type ValidateVolumeCapabilitiesRequest = {
  readonly volumeId: string;
  readonly volumeCapabilities: readonly VolumeCapability[];
  readonly parameters: Readonly<Record<string, string>>;
};

export type CreateSnapshotRequest = { readonly sourceVolumeId: string; readonly name: string };

export type SnapshotMessage = {
  readonly snapshotId: string;
  readonly sourceVolumeId: string;
  readonly sizeBytes: number;
  readonly creationTime: { readonly seconds: number; readonly nanos: number };
  readonly readyToUse: boolean;
};

export type ListSnapshotsRequest = {
  readonly maxEntries: number;
  readonly startingToken: string;
  readonly sourceVolumeId: string;
  readonly snapshotId: string;
};

export type ListSnapshotsResponse = {
  readonly entries: readonly { readonly snapshot: SnapshotMessage }[];
  readonly nextToken: string;
};

export type NodePublishVolumeRequest = {
  readonly volumeId: string;
  readonly targetPath: string;
  readonly volumeCapability: VolumeCapability | null;
  readonly readonly: boolean;
};

export type NodeUnpublishVolumeRequest = { readonly volumeId: string; readonly targetPath: string };
