import type { NfsFolder } from '../../api/mover-request.ts';
import { isRepositoryLayout, layoutPath } from '../../api/repository-layout.ts';
import { locationOf, type RepositoryPlace } from '../../api/repository-place.ts';
import { PASSWORD_KEY, type SecretReading } from '../../api/repository-secret.ts';
import { DEFAULT_REPOSITORY, REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import type { Surroundings } from './preflight.ts';

interface DeclaredPlace {
  readonly repositoryClaim?: string | undefined;
  readonly repositoryPath?: string | undefined;
  readonly repositoryNfs?: NfsFolder | undefined;
  /** The claim of a volume where nothing names one. */
  readonly defaultClaim?: string;
}

/**
 * Whether movers mount a volume: a declared claim means one, whatever the Secret says; else the Secret decides, and one
 * that names no object store means a volume too (VolSync's rule, compatibility.md 4.1).
 */
export const isOnVolume = ({ repositoryClaim }: DeclaredPlace, reading: SecretReading): boolean =>
  repositoryClaim !== undefined || reading.kind === 'Volume';

/** Undefined where neither request nor record nor Secret says a place that can be used. `recorded` is the layout that `init` found. */
export function placeOf(
  request: DeclaredPlace,
  reading: SecretReading,
  recorded: string | undefined = '',
): RepositoryPlace | undefined {
  if (!isOnVolume(request, reading)) return reading.kind === 'Store' ? reading.place : undefined;
  const path =
    request.repositoryPath ?? (isRepositoryLayout(recorded) ? layoutPath(REPOSITORY_MOUNT, recorded) : undefined);
  if (path === undefined) return undefined;
  const { repositoryNfs: nfs, repositoryClaim: claim = request.defaultClaim ?? DEFAULT_REPOSITORY } = request;
  return nfs ? { kind: 'Volume', nfs, path } : { kind: 'Volume', claim, path };
}

interface Names extends DeclaredPlace {
  readonly namespace: string;
  readonly secretName: string;
  readonly repository: string;
}

/** The repository that a run will work with. */
export interface UsableRepository {
  readonly repositoryUniqueId: string;
  readonly repository: RepositoryPlace;
}

/**
 * Throws SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), RepositoryChanged (the Secret names
 * another place than the one that was initialised), RepositoryUnreachable.
 */
export function requireRepository(found: Surroundings, request: Names): UsableRepository {
  const { repository } = request;
  requireSecret(found, request);
  if (!found.repositoryUniqueId) {
    throw new PortError(
      FailureType.RepositoryNotFound,
      `repository '${repository}' was never initialised: run \`stowage init ${repository}\` once`,
    );
  }
  if (found.place === undefined) {
    throw new PortError(
      FailureType.RepositoryNotFound,
      `the record of repository '${repository}' names a path where no repository can lie: run \`stowage init ${repository} --adopt\` again`,
    );
  }
  requireRecorded(found.place, found.recordedLocation, request);
  requireClaim(found, found.place, request);
  return { repositoryUniqueId: found.repositoryUniqueId, repository: found.place };
}

function requireSecret({ secret }: Surroundings, request: Names): void {
  const name = `Secret ${request.namespace}/${request.secretName}`;
  if (secret.state === 'Missing') {
    throw new PortError(FailureType.SecretMissing, `${name} does not exist: create it with the key ${PASSWORD_KEY}`);
  }
  if (secret.state !== 'Complete') {
    const what = secret.state === 'KeyMissing' ? 'has no key' : 'has an empty';
    throw new PortError(FailureType.SecretInvalid, `${name} ${what} ${PASSWORD_KEY}`);
  }
  if (secret.reading.kind === 'Invalid' && !isOnVolume(request, secret.reading)) {
    throw new PortError(FailureType.SecretInvalid, `${name}: ${secret.reading.key} ${secret.reading.message}`);
  }
}

/** A mover that wrote elsewhere would be noticed only when its snapshot can't be read back. */
function requireRecorded(place: RepositoryPlace, recorded: string | undefined, request: Names): void {
  const location = locationOf(place);
  if (location === recorded) return;
  throw new PortError(
    FailureType.RepositoryChanged,
    `repository '${request.repository}' was initialised in ${recorded ?? 'a volume'}, but ${location === undefined ? 'a volume' : location} is what Secret ${request.namespace}/${request.secretName} and the request mean: correct them, or run \`stowage init ${request.repository} --adopt\` if it has moved`,
  );
}

function requireClaim({ claims }: Surroundings, place: RepositoryPlace, { namespace }: Names): void {
  if (place.kind !== 'Volume' || place.claim === undefined) return;
  const volume = claims.get(place.claim);
  if (volume && !volume.metadata?.deletionTimestamp) return;
  throw new PortError(
    FailureType.RepositoryUnreachable,
    `claim ${namespace}/${place.claim} of the repository volume ${volume ? 'is being deleted' : 'does not exist'}: movers of this namespace need it`,
  );
}
