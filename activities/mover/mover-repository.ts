import type { V1EnvVar, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import type { Identity } from '../../api/identity.ts';
import { needsWrittenSecrets, type RepositoryPlace, type VolumePlace } from '../../api/repository-place.ts';
import { PASSWORD_KEY } from '../../api/repository-secret.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';
import { buildKopiaConfig, type CacheSize, storageOf } from '../kopia/config.ts';

/** Which repository a mover works with, and how. */
export interface MoverRepositoryRequest {
  readonly place: RepositoryPlace;
  /** The Secret in the mover's namespace: password and credentials, by reference only. */
  readonly secretName: string;
  readonly identity: Pick<Identity, 'username' | 'hostname'>;
  readonly cacheDirectory: string;
  readonly cacheSize?: CacheSize;
  readonly readOnly: boolean;
}

/** All that a mover's pod has because of its repository. Holds no secret. */
export interface MoverRepository {
  /** The text of its `kopia.config`, an annotation of the pod. */
  readonly kopiaConfig: string;
  readonly environment: readonly V1EnvVar[];
  readonly volumes: readonly V1Volume[];
  readonly mounts: readonly V1VolumeMount[];
  /** Kopia takes the credentials from its configuration alone: the launcher writes them there and starts it. */
  readonly launched: boolean;
}

/** The one answer to how a pod reaches a repository, wherever it lies. Pure. */
export function reachRepository(request: MoverRepositoryRequest): MoverRepository {
  const { place, readOnly } = request;
  const secretKeys = [PASSWORD_KEY, ...(place.kind === 'Store' ? place.secretKeys : [])];
  return {
    kopiaConfig: buildKopiaConfig({
      identity: request.identity,
      storage: storageOf(place),
      cacheDirectory: request.cacheDirectory,
      ...(request.cacheSize ? { cacheSize: request.cacheSize } : {}),
      readOnly,
    }),
    environment: secretKeys.map((key) => ({
      name: key,
      valueFrom: { secretKeyRef: { name: request.secretName, key } },
    })),
    volumes: place.kind === 'Volume' ? [buildVolume(place, readOnly)] : [],
    mounts:
      place.kind === 'Volume'
        ? [{ name: 'repository', mountPath: REPOSITORY_MOUNT, ...(readOnly ? { readOnly } : {}) }]
        : [],
    launched: place.kind === 'Store' && needsWrittenSecrets(place),
  };
}

const buildVolume = ({ claim, nfs }: VolumePlace, readOnly: boolean): V1Volume =>
  nfs
    ? { name: 'repository', nfs: { server: nfs.server, path: nfs.path, readOnly } }
    : { name: 'repository', persistentVolumeClaim: { claimName: claim ?? '', readOnly } };
