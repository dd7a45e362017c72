import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import type { BackendKind } from './backend.ts';
import type { VolumeParameters } from './parameters.ts';

/** What a volume was made from. */
export type VolumeSource = { readonly kind: 'snapshot' | 'volume'; readonly id: string };

/** A provisioned volume. It is recorded after its folder exists and forgotten after its folder is gone. */
export type VolumeRecord = {
  readonly id: string;
  readonly name: string;
  readonly capacityBytes: number;
  readonly parameters: VolumeParameters;
  readonly source?: VolumeSource;
};

/** A cut snapshot. */
export type SnapshotRecord = {
  readonly id: string;
  readonly name: string;
  readonly sourceVolumeId: string;
  readonly sizeBytes: number;
  readonly medium: VolumeParameters['medium'];
  /** RFC 3339. */
  readonly createdAt: string;
};

/** Everything the driver knows, kept beside the data. */
export type DriverState = {
  readonly version: 1;
  readonly backend: BackendKind;
  readonly volumes: Readonly<Record<string, VolumeRecord>>;
  readonly snapshots: Readonly<Record<string, SnapshotRecord>>;
};

/** The state in memory and on disk; `update` returns when the new one has replaced the old file. */
export type StateStore = {
  readonly current: () => DriverState;
  readonly update: (change: (state: DriverState) => DriverState) => Promise<void>;
};

/** The saved state of a data directory, if there is one. @throws PlatformError for a file that cannot be understood. */
export async function readState(dataDirectory: string): Promise<DriverState | undefined> {
  const file = join(dataDirectory, 'state.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as DriverState;
    if (state.version === 1) return state;
  } catch {
    // Falls through to the one message for both cases.
  }
  // Starting empty here would orphan every volume of the platform.
  throw new PlatformError(
    `${file} is not a state of this driver: restore it, or remove the data directory with its data`,
  );
}

/** Keeps `initial` and every later state in the data directory, always as one whole file; writes it at once. */
export async function createStateStore(dataDirectory: string, initial: DriverState): Promise<StateStore> {
  let state = initial;
  let tail = writeWhole(dataDirectory, state);
  await tail;
  return {
    current: () => state,
    update: (change) => {
      state = change(state);
      const snapshot = state;
      // Writes follow each other: the last one on disk is the newest state.
      tail = tail.catch(() => undefined).then(() => writeWhole(dataDirectory, snapshot));
      return tail;
    },
  };
}

async function writeWhole(dataDirectory: string, state: DriverState): Promise<void> {
  const file = join(dataDirectory, 'state.json');
  // No fsync: this has to outlive the process, not a power cut, which the platform's etcd does not outlive either.
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 1)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
