import { z } from 'zod';
import { DEFAULT_SNAPSHOT_PATH, hostnameOf, type Identity, usernameOf } from './identity.ts';
import { accessModes, moverSecurityContext, namespaceName, objectName, quantity } from './kubernetes-values.ts';
import { moverRequestFields } from './mover-request.ts';
import { defaultDestinationName, defaultSecretName, defaultSourceName } from './names.ts';

/** The repository that is used when nothing else is said; the reference's claim has the same name. */
export const DEFAULT_REPOSITORY = 'kopia';

/** Where movers and the repository's worker mount a repository volume. */
export const REPOSITORY_MOUNT = '/repository';

/** VolSync's pattern of `username` and `hostname`. */
export const IDENTITY_PART = '[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?';
export const IDENTITY_PART_PROBLEM = 'must be letters, digits, ".", "_" and "-", alphanumeric at both ends';

export const identityPart = z.string().regex(new RegExp(`^${IDENTITY_PART}$`), IDENTITY_PART_PROBLEM);

export const absolutePath = z
  .string()
  .startsWith('/', 'must start with "/"')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  .refine((path) => !/[\u0000-\u001f\u007f]/.test(path), 'must not contain control characters');

/** A user name: also as VolSync derives it of a long name, which it cuts after it has trimmed the ends. */
export const identityUser = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" and "-", and begin with a letter or digit');

/** What every request about one application volume says. Only `namespace` and `claim` must be typed. */
export const volumeFields = {
  namespace: namespaceName,
  claim: objectName(),
  /** Name of the ReplicationSource; decides the mover's name and the default identity. */
  source: objectName().optional(),
  /** Name of the ReplicationDestination; decides the restore mover's name. */
  destination: objectName().optional(),
  repository: objectName(63).default(DEFAULT_REPOSITORY),
  /** Secret with KOPIA_PASSWORD in the application's namespace. */
  secretName: objectName().optional(),
  /** Claim of the repository volume in the application's namespace; `kopia` where nothing, the Secret included, says otherwise. */
  repositoryClaim: objectName().optional(),
  /** Where in that volume the repository lies, as seen from the mount `/repository`; as recorded by `stowage init` where left out. */
  repositoryPath: absolutePath.optional(),
  identity: z
    .strictObject({
      username: identityUser.optional(),
      hostname: identityPart.optional(),
      path: absolutePath.optional(),
    })
    .default({}),
  cache: z
    .strictObject({
      capacity: quantity.default('1Gi'),
      storageClassName: objectName().optional(),
      accessModes: accessModes.optional(),
      /** Kopia's own limits, MB; shares of `capacity` where left out, and 0 is the whole of it. */
      metadataLimitMb: z.number().int().min(0).optional(),
      contentLimitMb: z.number().int().min(0).optional(),
    })
    .prefault({}),
  ...moverRequestFields,
  moverSecurityContext: moverSecurityContext.prefault({
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    runAsNonRoot: true,
  }),
};

type VolumeFields = Partial<Omit<z.input<z.ZodObject<typeof volumeFields>>, 'destination'>>;

/**
 * What a declared backup says of its volume, repository and movers, as typed: a restore and a drill share it. The destination
 * is the restore's own.
 */
export const volumeOf = (request: VolumeFields): VolumeFields =>
  Object.fromEntries(
    Object.keys(volumeFields)
      .filter((name) => name !== 'destination')
      .map((name) => [name, request[name as keyof VolumeFields]] as const)
      .filter(([, value]) => value !== undefined),
  );

interface VolumeRequest {
  readonly namespace: string;
  readonly claim: string;
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly secretName?: string | undefined;
  readonly identity: { username?: string | undefined; hostname?: string | undefined; path?: string | undefined };
}

/** The names that follow from the claim where the request leaves them out. */
export interface ResolvedNames {
  readonly source: string;
  readonly destination: string;
  readonly secretName: string;
  readonly identity: Identity;
}

/** Fills in the derived names: source, destination, Secret and identity. */
export function resolveNames(request: VolumeRequest): ResolvedNames {
  const source = request.source ?? defaultSourceName(request.claim);
  return {
    source,
    destination: request.destination ?? defaultDestinationName(request.claim),
    secretName: request.secretName ?? defaultSecretName(request.claim),
    identity: {
      username: request.identity.username ?? usernameOf(source),
      hostname: request.identity.hostname ?? hostnameOf(request.namespace, source),
      path: request.identity.path ?? DEFAULT_SNAPSHOT_PATH,
    },
  };
}
