import { asFields, type Fields, present, type UnsupportedField } from './declared-fields.ts';

/** By this name people mount the NFS folder that the Secret's KOPIA_REPOSITORY means. */
const REPOSITORY_FOLDER = 'repository';

/** What `moverVolumes` and `repositoryPVC` say: where the repository is, and what else movers mount. */
export interface DeclaredVolumes {
  /** Fields of a request. */
  readonly fields: Fields;
  /** Request path → manifest path. */
  readonly paths: Readonly<Record<string, string>>;
  readonly unsupported: readonly UnsupportedField[];
}

/**
 * The first claim in moverVolumes is the repository, its root; without one an NFS folder that is mounted as `repository`,
 * or is the only volume; without either the older field `repositoryPVC`. All other volumes are mounted beside it. `base` is
 * the path of the fields.
 */
export function readVolumes(kopia: Fields, base = 'spec.kopia'): DeclaredVolumes {
  const volumes = Array.isArray(kopia.moverVolumes) ? kopia.moverVolumes : [];
  const sources = volumes.map((volume) => asFields(asFields(volume).volumeSource));
  const claim = sources.findIndex(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined);
  const chosen = claim >= 0 ? claim : repositoryFolder(volumes, sources);
  const others = volumes.map((volume, index) => ({ volume, index })).filter(({ index }) => index !== chosen);
  const { fields, path, readOnly } = place(kopia, sources[chosen], chosen, base);
  const unsupported = {
    field: `${path}.readOnly`,
    message: 'is not used for the repository: backups write it, restores mount it read-only',
  };
  return {
    fields: { ...fields, ...(others.length > 0 && { moverVolumes: others.map(({ volume }) => volume) }) },
    paths: {
      repositoryClaim: chosen < 0 ? path : `${path}.claimName`,
      repositoryNfs: path,
      ...Object.fromEntries(
        others.map(({ index }, position) => [`moverVolumes[${position}]`, `${base}.moverVolumes[${index}]`]),
      ),
    },
    unsupported: readOnly ? [unsupported] : [],
  };
}

function repositoryFolder(volumes: readonly unknown[], sources: readonly Fields[]): number {
  if (sources.length === 1 && sources[0]?.nfs !== undefined) return 0;
  return volumes.findIndex(
    (volume, index) => asFields(volume).mountPath === REPOSITORY_FOLDER && sources[index]?.nfs !== undefined,
  );
}

interface Place {
  readonly path: string;
  readonly fields: Fields;
  readonly readOnly: boolean;
}

function place(kopia: Fields, source: Fields | undefined, index: number, base: string): Place {
  const path = `${base}.moverVolumes[${index}].volumeSource`;
  if (source?.persistentVolumeClaim !== undefined) {
    const { claimName, readOnly } = asFields(source.persistentVolumeClaim);
    const fields = { repositoryClaim: claimName ?? '' };
    return { path: `${path}.persistentVolumeClaim`, fields, readOnly: readOnly === true };
  }
  if (source?.nfs !== undefined) {
    const { readOnly, ...folder } = asFields(source.nfs);
    return { path: `${path}.nfs`, fields: { repositoryNfs: folder }, readOnly: readOnly === true };
  }
  // Where in the volume it lies was found by looking, when the repository was adopted.
  const fields = present({ repositoryClaim: kopia.repositoryPVC });
  return { path: `${base}.repositoryPVC`, fields, readOnly: false };
}
