import type { V1ConfigMap, V1Namespace, V1PersistentVolumeClaim, V1Secret } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import type { NfsFolder } from '../../api/mover-request.ts';
import { repositoryRecordName } from '../../api/names.ts';
import { isRepositoryLayout, layoutPath } from '../../api/repository-layout.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { PortError } from '../ports/port-error.ts';
import { readRecord } from '../status/repository-record.ts';

/** The key under which every mover's Secret holds the repository's password. */
const PASSWORD_KEY = 'KOPIA_PASSWORD';

interface VolumeRequest {
  readonly namespace: string;
  readonly repository: string;
  readonly secretName: string;
  readonly repositoryClaim: string;
  readonly repositoryPath?: string | undefined;
  /** The repository volume is no claim then. */
  readonly repositoryNfs?: NfsFolder;
}

/** What a run looks at before it touches anything. */
export interface Surroundings {
  /** By name, every claim of the namespace. */
  readonly claims: ReadonlyMap<string, V1PersistentVolumeClaim>;
  /** Only what was asked of it: the Secret itself is not kept. */
  readonly secret: SecretState;
  readonly repositoryUniqueId: string | undefined;
  /** Where movers find the repository below their mount: as requested, else as recorded; undefined where no record can say so. */
  readonly repositoryPath: string | undefined;
  readonly privileged: boolean;
}

export type SecretState = 'Complete' | 'Missing' | 'KeyMissing' | 'KeyEmpty';

/** By name, every claim of the namespace. */
export async function readClaims(
  { cluster }: ActivityDependencies,
  { namespace }: Pick<VolumeRequest, 'namespace'>,
): Promise<Surroundings['claims']> {
  const claims = await cluster.list('PersistentVolumeClaim', { namespace });
  return new Map(claims.map((claim) => [claim.metadata?.name ?? '', claim]));
}

/**
 * The named Secret, the repository's record, the namespace and its claims, at once. With a cluster that watches
 * (preflight-watches.ts) only Secret and claims are requests.
 */
export async function readSurroundings(
  dependencies: ActivityDependencies,
  request: VolumeRequest,
  claimsRead: Promise<Surroundings['claims']> = readClaims(dependencies, request),
): Promise<Surroundings> {
  const { cluster, settings } = dependencies;
  const { namespace, secretName, repository } = request;
  const record = { namespace: settings.stowageNamespace, name: repositoryRecordName(repository) };
  const [claims, secret, known, space] = await Promise.all([
    claimsRead,
    cluster.get('Secret', { namespace, name: secretName }).then(secretState),
    cluster.get('ConfigMap', record),
    cluster.get('Namespace', { name: namespace }),
  ]);
  return {
    claims,
    secret,
    repositoryUniqueId: readRecord(known).uniqueId,
    repositoryPath: request.repositoryPath ?? recordedPath(known),
    privileged: allowsPrivileged(space),
  };
}

/** The repository that a run will work with. */
export interface UsableRepository {
  readonly repositoryUniqueId: string;
  readonly repositoryPath: string;
}

/** Throws SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), RepositoryUnreachable. */
export function requireRepository(found: Surroundings, request: VolumeRequest): UsableRepository {
  const { namespace, secretName, repository, repositoryClaim, repositoryNfs } = request;
  if (found.secret === 'Missing') {
    throw new PortError(
      FailureType.SecretMissing,
      `Secret ${namespace}/${secretName} does not exist: create it with the key ${PASSWORD_KEY}`,
    );
  }
  if (found.secret !== 'Complete') {
    const what = found.secret === 'KeyMissing' ? 'has no key' : 'has an empty';
    throw new PortError(FailureType.SecretInvalid, `Secret ${namespace}/${secretName} ${what} ${PASSWORD_KEY}`);
  }
  if (!found.repositoryUniqueId) {
    throw new PortError(
      FailureType.RepositoryNotFound,
      `repository '${repository}' was never initialised: run \`stowage init ${repository}\` once`,
    );
  }
  if (found.repositoryPath === undefined) {
    throw new PortError(
      FailureType.RepositoryNotFound,
      `the record of repository '${repository}' names a path where no repository can lie: run \`stowage init ${repository} --adopt\` again`,
    );
  }
  const usable = { repositoryUniqueId: found.repositoryUniqueId, repositoryPath: found.repositoryPath };
  if (repositoryNfs) return usable;
  const volume = found.claims.get(repositoryClaim);
  if (!volume || volume.metadata?.deletionTimestamp) {
    throw new PortError(
      FailureType.RepositoryUnreachable,
      `claim ${namespace}/${repositoryClaim} of the repository volume ${volume ? 'is being deleted' : 'does not exist'}: movers of this namespace need it`,
    );
  }
  return usable;
}

export function secretState(secret: V1Secret | undefined): SecretState {
  if (!secret) return 'Missing';
  const value = secret.data?.[PASSWORD_KEY] ?? secret.stringData?.[PASSWORD_KEY];
  if (value === undefined) return 'KeyMissing';
  return value === '' ? 'KeyEmpty' : 'Complete';
}

/** Undefined for a record that `stowage init` can't have written. */
function recordedPath(record: V1ConfigMap | undefined): string | undefined {
  const { path = '' } = readRecord(record);
  return isRepositoryLayout(path) ? layoutPath(REPOSITORY_MOUNT, path) : undefined;
}

/** The administrator's word for this namespace. */
export const allowsPrivileged = (namespace: V1Namespace | undefined): boolean =>
  namespace?.metadata?.annotations?.[Annotation.privilegedMovers]?.toLowerCase() === 'true';
