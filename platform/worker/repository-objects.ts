import { randomBytes } from 'node:crypto';
import { storageNames } from '../csi/manifests.ts';
import type { Platform } from '../types.ts';
import { type ClusterAccess, findObject } from './kubectl.ts';
import type { KubernetesObject } from './objects.ts';

/** Where Stowage itself runs on a platform. */
export const STOWAGE_NAMESPACE = 'stowage-system';
/** The claim of the repository volume, in Stowage's namespace and in every application's. */
export const REPOSITORY_CLAIM = 'kopia';
/** The repository's Secret in Stowage's namespace. */
export const REPOSITORY_SECRET = 'kopia-secret';
const PASSWORD_KEY = 'KOPIA_PASSWORD';

type Secret = { readonly data?: Readonly<Record<string, string>> };

/**
 * What an application's namespace needs for its backups: the claim of the repository (on the embedded platform all claims
 * of the shared class are one folder) and its Secret. Pure.
 */
export function applicationRepositoryObjects(
  namespace: string,
  secretName: string,
  password: string,
  options: { readonly claim?: string; readonly storageClass?: string } = {},
): KubernetesObject[] {
  return [
    repositoryClaim(namespace, options.claim ?? REPOSITORY_CLAIM, options.storageClass),
    repositorySecret(namespace, secretName, password),
  ];
}

/** Pure. */
export function repositoryClaim(
  namespace: string,
  name: string,
  storageClass: string = storageNames.sharedStorageClass,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName: storageClass,
      resources: { requests: { storage: '10Gi' } },
    },
  };
}

/** Pure. */
export function repositorySecret(namespace: string, name: string, password: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'Opaque',
    data: { [PASSWORD_KEY]: Buffer.from(password, 'utf8').toString('base64') },
  };
}

/** A password that nobody has to type. Never printed. */
export const generatePassword = (): string => randomBytes(24).toString('base64url');

/** The repository's password on a platform, for the Secret of an application. Undefined before a worker was deployed. */
export async function readRepositoryPassword(platform: Platform | ClusterAccess): Promise<string | undefined> {
  const secret = await findObject<Secret>(platform, 'secret', REPOSITORY_SECRET, STOWAGE_NAMESPACE);
  const value = secret?.data?.[PASSWORD_KEY];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}
