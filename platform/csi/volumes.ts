import { resolveCapacity, type SizedSource, satisfiesRange } from './capacity.ts';
import type { Content } from './content.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { CreateVolumeRequest } from './messages.ts';
import { idOf, isId, snapshotFolder, volumeFolder } from './names.ts';
import { parseParameters, type VolumeParameters } from './parameters.ts';
import { contentSourceOf, requireCapabilities, requireText } from './requests.ts';
import type { StateStore, VolumeRecord, VolumeSource } from './state.ts';
import { CsiCode, CsiError } from './status.ts';

/** What volumes and snapshots are made of and remembered in. */
export type Storage = { readonly state: StateStore; readonly content: Content; readonly lock: KeyedLock };

/** A source, found: its folder, and what a copy of it needs. */
type FoundSource = SizedSource & {
  readonly folder: string;
  readonly medium: VolumeParameters['medium'];
  readonly volume?: VolumeRecord;
};

/** The volume `id`. @throws CsiError NOT_FOUND. */
export function findVolume({ state }: Pick<Storage, 'state'>, id: string): VolumeRecord {
  const volume = state.current().volumes[id];
  if (!volume) throw new CsiError(CsiCode.NotFound, `volume ${id} does not exist`);
  return volume;
}

/** What to lock for work on a volume's content: itself, and the folder that it may share with others. */
export function lockKeys({ state }: Pick<Storage, 'state'>, id: string): string[] {
  const volume = state.current().volumes[id];
  return volume ? [id, volumeFolder(id, volume.parameters)] : [id];
}

/**
 * Makes a volume, or returns the one that this name already made.
 * @throws CsiError as the specification says: INVALID_ARGUMENT, ALREADY_EXISTS, NOT_FOUND (source), OUT_OF_RANGE.
 */
export async function createVolume(storage: Storage, request: CreateVolumeRequest): Promise<VolumeRecord> {
  const name = requireText('name', request.name);
  requireCapabilities(request.volumeCapabilities);
  const parameters = parseParameters(request.parameters);
  const source = contentSourceOf(request.volumeContentSource);
  if (source && parameters.shared !== undefined) {
    throw new CsiError(CsiCode.InvalidArgument, 'a claim of a shared class cannot be made from a snapshot or a volume');
  }
  const id = idOf('volumes', name);
  const from = source ? [source.id, ...lockKeys(storage, source.id)] : [];
  return storage.lock([id, volumeFolder(id, parameters), ...from], async () => {
    const existing = storage.state.current().volumes[id];
    if (existing) return sameOrRefused(existing, request, parameters, source);
    const found = source && findSource(storage, source);
    if (found && found.medium !== parameters.medium) {
      throw new CsiError(
        CsiCode.InvalidArgument,
        `source ${found.what} is of medium ${found.medium}, the class asks for ${parameters.medium}: use a class of the source's medium`,
      );
    }
    const wanted = { id, parameters, capacityBytes: resolveCapacity(request.capacityRange, parameters.medium, found) };
    const capacityBytes = await fill(storage, wanted, found);
    if (!satisfiesRange(capacityBytes, request.capacityRange)) {
      const what = `the limited folder shared/${parameters.shared} has ${capacityBytes} bytes since its first claim`;
      throw new CsiError(CsiCode.OutOfRange, `${what}: ask for exactly that, or use another shared name`);
    }
    const record: VolumeRecord = { ...wanted, name, capacityBytes, ...(source && { source }) };
    await storage.state.update((state) => ({ ...state, volumes: { ...state.volumes, [id]: record } }));
    return record;
  });
}

/**
 * Removes a volume and its content; one that is gone is removed already. Shared content stays.
 * @throws CsiError FAILED_PRECONDITION while it is mounted in a pod.
 */
export async function deleteVolume(storage: Storage, volumeId: string): Promise<void> {
  const id = requireText('volume_id', volumeId);
  if (!isId('volumes', id)) return;
  await storage.lock([id], async () => {
    // Also without a record: a create that was killed and never repeated may have left a folder.
    await storage.content.removeVolume(id);
    await storage.state.update((state) => {
      const { [id]: _, ...volumes } = state.volumes;
      return { ...state, volumes };
    });
  });
}

async function fill(
  { content }: Storage,
  volume: Pick<VolumeRecord, 'id' | 'parameters' | 'capacityBytes'>,
  from: FoundSource | undefined,
): Promise<number> {
  if (!from) return content.make(volume);
  const copy = (): Promise<void> => content.copyInto(volume, from.folder);
  await (from.volume ? content.quiesced(from.volume, copy) : copy());
  return volume.capacityBytes;
}

function findSource(storage: Storage, { kind, id }: VolumeSource): FoundSource {
  if (kind === 'volume') {
    const volume = findVolume(storage, id);
    const { parameters, capacityBytes: bytes } = volume;
    return { what: `volume ${id}`, bytes, folder: volumeFolder(id, parameters), medium: parameters.medium, volume };
  }
  const snapshot = storage.state.current().snapshots[id];
  if (!snapshot) throw new CsiError(CsiCode.NotFound, `source snapshot ${id} does not exist`);
  return { what: `snapshot ${id}`, bytes: snapshot.sizeBytes, folder: snapshotFolder(id), medium: snapshot.medium };
}

function sameOrRefused(
  existing: VolumeRecord,
  request: CreateVolumeRequest,
  parameters: VolumeParameters,
  source: VolumeSource | undefined,
): VolumeRecord {
  const differs = !satisfiesRange(existing.capacityBytes, request.capacityRange)
    ? 'size'
    : JSON.stringify(existing.parameters) !== JSON.stringify(parameters)
      ? 'parameters'
      : existing.source?.kind !== source?.kind || existing.source?.id !== source?.id
        ? 'source'
        : undefined;
  if (!differs) return existing;
  throw new CsiError(CsiCode.AlreadyExists, `volume '${existing.name}' exists with another ${differs}`);
}
