/** One right that Stowage needs in the cluster. */
export type Permission = {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly subresource?: string;
};

const rights = (group: string, resource: string, verbs: readonly string[], subresource?: string): Permission[] =>
  verbs.map((verb) => ({ group, resource, verb, ...(subresource && { subresource }) }));

/** Rights that a run on an existing cluster uses, for the person whose kubeconfig it is. */
export const permissions: readonly Permission[] = [
  ...rights('batch', 'jobs', ['create', 'get', 'watch', 'delete']),
  ...rights('', 'pods', ['get', 'list', 'watch']),
  ...rights('', 'pods', ['get'], 'log'),
  ...rights('', 'persistentvolumeclaims', ['create', 'get', 'watch', 'patch', 'delete']),
  ...rights('', 'persistentvolumes', ['get', 'watch', 'patch']),
  ...rights('', 'secrets', ['get', 'create']),
  ...rights('', 'events', ['list', 'create']),
  ...rights('snapshot.storage.k8s.io', 'volumesnapshots', ['create', 'get', 'watch', 'delete']),
  ...rights('storage.k8s.io', 'storageclasses', ['list']),
];

/** What was read from a cluster. */
export type ClusterFacts = {
  /** For example `v1.36.1`. */
  readonly version: string;
  readonly storageClasses: readonly {
    readonly name: string;
    readonly provisioner: string;
    readonly isDefault: boolean;
  }[];
  /** Undefined when the cluster does not know volume snapshots at all. */
  readonly snapshotClasses: readonly { readonly name: string; readonly driver: string }[] | undefined;
  readonly denied: readonly Permission[];
};

/** One judged point: what is there or missing, and what to do about it. */
export type Finding = { readonly ok: boolean; readonly text: string };

/** `create volumesnapshots.snapshot.storage.k8s.io`. Pure. */
export function renderPermission({ group, resource, verb, subresource }: Permission): string {
  return `${verb} ${resource}${group ? `.${group}` : ''}${subresource ? `/${subresource}` : ''}`;
}

/** Judges a cluster; it is usable when every finding is ok. Pure. */
export function judgeCluster(facts: ClusterFacts): Finding[] {
  const findings: Finding[] = [{ ok: true, text: `Kubernetes ${facts.version} answers` }];
  const { storageClasses, snapshotClasses, denied } = facts;
  findings.push(
    storageClasses.length > 0
      ? { ok: true, text: `storage classes: ${storageClasses.map(({ name }) => name).join(', ')}` }
      : { ok: false, text: 'no StorageClass: install a CSI driver with snapshots and make a StorageClass for it' },
  );
  findings.push(judgeSnapshots(storageClasses, snapshotClasses));
  findings.push(
    denied.length === 0
      ? { ok: true, text: 'permissions are sufficient' }
      : {
          ok: false,
          text: `your user may not: ${denied.map(renderPermission).join(', ')}; ask for a role that allows it`,
        },
  );
  return findings;
}

function judgeSnapshots(
  storageClasses: ClusterFacts['storageClasses'],
  snapshotClasses: ClusterFacts['snapshotClasses'],
): Finding {
  if (snapshotClasses === undefined) {
    return {
      ok: false,
      text: 'volume snapshots are unknown here: install the CRDs and the snapshot-controller of kubernetes-csi/external-snapshotter',
    };
  }
  const fitting = snapshotClasses.flatMap((snapshot) =>
    storageClasses
      .filter(({ provisioner }) => provisioner === snapshot.driver)
      .map((storage) => `${storage.name} with ${snapshot.name}`),
  );
  if (fitting.length > 0) return { ok: true, text: `storage classes with snapshots: ${fitting.join(', ')}` };
  const drivers = storageClasses.map(({ provisioner }) => provisioner).join(', ') || 'none';
  const have = snapshotClasses.map(({ name, driver }) => `${name} (${driver})`).join(', ') || 'none';
  return {
    ok: false,
    text: `no VolumeSnapshotClass for the driver of a StorageClass (drivers: ${drivers}; snapshot classes: ${have}): make one whose 'driver' is the StorageClass's 'provisioner'`,
  };
}
