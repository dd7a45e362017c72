import type { V1ConfigMap, V1Namespace, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { Annotation } from '../../api/metadata.ts';
import type { NfsFolder } from '../../api/mover-request.ts';
import { repositoryRecordName } from '../../api/names.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { readRecord } from '../status/repository-record.ts';
import { placeOf } from './repository-place.ts';
import { type SecretFacts, secretFacts } from './repository-secret.ts';

interface VolumeRequest {
  readonly namespace: string;
  readonly repository: string;
  readonly secretName: string;
  readonly repositoryClaim?: string | undefined;
  readonly repositoryPath?: string | undefined;
  /** The repository volume is no claim then. */
  readonly repositoryNfs?: NfsFolder | undefined;
  readonly defaultClaim?: string;
}

/** What a run looks at before it touches anything. */
export interface Surroundings {
  /** By name, every claim of the namespace. */
  readonly claims: ReadonlyMap<string, V1PersistentVolumeClaim>;
  /** Only what was asked of it: the Secret itself is not kept. */
  readonly secret: SecretFacts;
  readonly repositoryUniqueId: string | undefined;
  /** The object store that `init` recorded; undefined for a volume. */
  readonly recordedLocation: string | undefined;
  /** Where movers find the repository, as requested, else as recorded; undefined where Secret or record can't say so. */
  readonly place: RepositoryPlace | undefined;
  readonly privileged: boolean;
}

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
    cluster.get('Secret', { namespace, name: secretName }).then(secretFacts),
    cluster.get('ConfigMap', record),
    cluster.get('Namespace', { name: namespace }),
  ]);
  const { uniqueId, path, location } = readRecord(known as V1ConfigMap | undefined);
  return {
    claims,
    secret,
    repositoryUniqueId: uniqueId,
    recordedLocation: location,
    place: placeOf(request, secret.reading, path),
    privileged: allowsPrivileged(space),
  };
}

/** The administrator's word for this namespace. */
export const allowsPrivileged = (namespace: V1Namespace | undefined): boolean =>
  namespace?.metadata?.annotations?.[Annotation.privilegedMovers]?.toLowerCase() === 'true';
