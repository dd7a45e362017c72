import type { NfsFolder } from './mover-request.ts';
import { backendOf } from './storage-backends.ts';

/** Where a repository lies. Holds no secret: it stands in histories and in the annotations of pods. */
export type RepositoryPlace = VolumePlace | StorePlace;

/** On a volume that movers mount: a claim of their namespace, or a folder of an NFS server. */
export interface VolumePlace {
  readonly kind: 'Volume';
  readonly claim?: string;
  readonly nfs?: NfsFolder;
  /** The repository's folder, as movers see it. */
  readonly path: string;
}

/** Behind a network protocol: nothing is mounted. */
export interface StorePlace {
  readonly kind: 'Store';
  /** Kopia's name of the storage: `s3`, `b2`, … */
  readonly type: string;
  /** What a person calls it: `s3://bucket/prefix/`. */
  readonly location: string;
  /** Kopia's storage configuration, without credentials. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Those keys of the Secret that hold its credentials. */
  readonly secretKeys: readonly string[];
}

/** True where Kopia takes the credentials from its configuration alone: somebody has to write them there beside it. */
export const needsWrittenSecrets = ({ type }: StorePlace): boolean => backendOf(type).readsEnvironment !== true;

/** What a repository is called in the record and in messages; undefined for one on a volume. */
export const locationOf = (place: RepositoryPlace): string | undefined =>
  place.kind === 'Store' ? place.location : undefined;
