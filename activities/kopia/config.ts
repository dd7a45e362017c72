import type { Identity } from '../../api/identity.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';

/** 0660 and 0770: movers of several users share a repository through their group. Kopia wants them decimal. */
const FILE_MODE = 0o660;
const DIRECTORY_MODE = 0o770;

/** Part of a cache that goes to contents; VolSync's shares (compatibility.md section 1.3). */
const CONTENT_SHARE = 0.2;
const METADATA_SHARE = 0.7;

const DEFAULT_CACHE_BYTES = 1024 ** 3;
const MIN_CACHE_BYTES = 1024 ** 2;

/** Switches off the disk cache of the format blob: with it Kopia reports success into a repository that was wiped (faults.md M1). */
const NO_FORMAT_CACHE = -1;

export interface CacheSize {
  /** Size of the whole cache volume, bytes; Kopia's own limits leave a tenth free. */
  readonly bytes: number;
  /** Kopia's own limits where they are said, bytes; 0 is the whole volume. */
  readonly contentBytes?: number | undefined;
  readonly metadataBytes?: number | undefined;
}

/** The storage part of a `kopia.config`. */
export interface KopiaStorage {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A folder, as the process sees it. */
export const folderStorage = (path: string): KopiaStorage => ({
  type: 'filesystem',
  config: { path, fileMode: FILE_MODE, dirMode: DIRECTORY_MODE },
});

/** Without credentials: S3 takes them from the environment, for others see storage-secrets.ts. */
export const storageOf = (place: RepositoryPlace): KopiaStorage =>
  place.kind === 'Volume' ? folderStorage(place.path) : { type: place.type, config: place.settings };

export interface KopiaConfigRequest {
  /** Who this client is. Readers may be anybody; a writer's name stands in its session blobs. */
  readonly identity: Pick<Identity, 'username' | 'hostname'>;
  readonly storage: KopiaStorage;
  /** A folder of this repository alone. Without one Kopia keeps nothing on disk. */
  readonly cacheDirectory?: string;
  readonly cacheSize?: CacheSize;
  readonly readOnly: boolean;
}

/**
 * The text of a `kopia.config`, in place of a `connect`. Holds no secret that `storage` does not hold. Kopia makes the
 * cache directory itself; a list cache is never kept, so that every process sees what is there.
 */
export function buildKopiaConfig(request: KopiaConfigRequest): string {
  return JSON.stringify({
    storage: request.storage,
    ...(request.cacheDirectory === undefined ? {} : { caching: caching(request.cacheDirectory, request.cacheSize) }),
    hostname: request.identity.hostname,
    username: request.identity.username,
    ...(request.readOnly ? { readonly: true } : {}),
    enableActions: false,
    formatBlobCacheDuration: NO_FORMAT_CACHE,
  });
}

/**
 * The same configuration for a reader that may trust nothing it read before: its cache lies in the given folder, and the
 * format is never taken from one. Throws SyntaxError for what is no `kopia.config`.
 */
export function withOwnCache(config: string, cacheDirectory: string): string {
  const read = JSON.parse(config) as { caching?: object };
  return JSON.stringify({
    ...read,
    ...(read.caching ? { caching: { ...read.caching, cacheDirectory } } : {}),
    readonly: true,
    formatBlobCacheDuration: NO_FORMAT_CACHE,
  });
}

/** Kopia 0.21.1 dies of a nil pointer where a cache directory is given and one of the sizes is 0. */
function caching(cacheDirectory: string, size: CacheSize = { bytes: DEFAULT_CACHE_BYTES }): object {
  const limit = (said: number | undefined, share: number): number =>
    Math.max(MIN_CACHE_BYTES, said === undefined ? Math.floor(size.bytes * share) : said || size.bytes);
  return {
    cacheDirectory,
    maxCacheSize: limit(size.contentBytes, CONTENT_SHARE),
    maxMetadataCacheSize: limit(size.metadataBytes, METADATA_SHARE),
  };
}
