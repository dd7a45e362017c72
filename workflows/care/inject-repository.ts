import type { NfsFolder } from '../../api/mover-request.ts';
import { REPOSITORY_MOUNT } from '../../api/volume-request.ts';

/** Jobs that maintain a repository, as VolSync names them. */
const MAINTENANCE_PREFIX = 'kopia-maint-';

/** Name of the volume; a Job that has one of this name brings its repository itself. */
const VOLUME_NAME = 'repository';

type Named = { readonly name: string };
type Mount = { readonly name: string; readonly mountPath: string };
type Container = Named & { readonly volumeMounts?: readonly Mount[] };

/** What is read of a Job; all its other fields survive. */
export interface JobManifest {
  readonly metadata?: { readonly name?: string; readonly generateName?: string };
  readonly spec: {
    readonly template: {
      readonly spec: { readonly volumes?: readonly Named[]; readonly containers: readonly Container[] };
    };
  };
}

/** Where a repository is: a claim of the Job's namespace, or an NFS folder. */
export type RepositoryVolume = ({ readonly claimName: string } | { readonly nfs: NonNullable<NfsFolder> }) & {
  /** Absolute; `/repository` where left out. */
  readonly mountPath?: string;
};

/**
 * The Job with the repository as its volume `repository`, mounted in each container that has nothing at that path yet.
 * A Job that is no maintenance, or brings a volume of that name, is returned itself. Init containers stay as they are.
 * The rule of `deploy/admission` (decision 18), which does the same on the API server. Pure.
 */
export function injectRepository<Job extends JobManifest>(job: Job, repository: RepositoryVolume): Job {
  const { spec } = job.spec.template;
  const { volumes = [], containers } = spec;
  // As the API server does: a name to generate counts only where there is no name.
  const name = job.metadata?.name || job.metadata?.generateName || '';
  if (!name.startsWith(MAINTENANCE_PREFIX) || volumes.some((volume) => volume.name === VOLUME_NAME)) return job;
  const mountPath = repository.mountPath ?? REPOSITORY_MOUNT;
  const injected = {
    ...spec,
    volumes: [...volumes, volumeOf(repository)],
    containers: containers.map((container) => mountInto(container, mountPath)),
  };
  return { ...job, spec: { ...job.spec, template: { ...job.spec.template, spec: injected } } };
}

function volumeOf(repository: RepositoryVolume): Named & Readonly<Record<string, unknown>> {
  if ('nfs' in repository) return { name: VOLUME_NAME, nfs: repository.nfs };
  return { name: VOLUME_NAME, persistentVolumeClaim: { claimName: repository.claimName } };
}

/** What a container has at that path is its repository, perhaps another one: it keeps it. */
function mountInto(container: Container, mountPath: string): Container {
  const { volumeMounts = [] } = container;
  if (volumeMounts.some((mount) => samePath(mount.mountPath, mountPath))) return container;
  return { ...container, volumeMounts: [...volumeMounts, { name: VOLUME_NAME, mountPath }] };
}

/** Slashes at the ends say nothing: the kubelet takes a path from the root and drops the last one. */
const samePath = (one: string, other: string): boolean => trimSlashes(one) === trimSlashes(other);

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');
