/** A Go module with pinned sums under `platform/tools/<set>` and the programs that one build of it yields. */
export type ToolSet = {
  readonly name: string;
  /** The version that the programs of this set must have, as their folder in the cache names it. */
  readonly version: string;
  readonly programs: readonly ToolProgram[];
  readonly ldflags: string;
  /** Folder of the module where it is another set's: `platform/tools/<module>`. */
  readonly module?: string;
  /** Build tags of Go. */
  readonly tags?: readonly string[];
  /** Go files of our own in the set's folder; they decide what is built as the module file does. */
  readonly sources?: readonly string[];
  /** Files of modules that a later boot needs without Go, copied beside the programs. */
  readonly extras: readonly ModuleFiles[];
  /** Minutes of a cold build on two cores, to tell people what to expect. */
  readonly coldMinutes: string;
  /** Not part of the platform: built for those who ask for it. */
  readonly optional?: true;
};

/** One program: its package, and how to ask a found one for its version. */
export type ToolProgram = {
  readonly name: string;
  readonly package: string;
  readonly versionArgs: readonly string[];
  /** Text that the answer must contain for a program found on PATH to be taken. */
  readonly versionText: string;
};

/** Files copied out of a module's folder: `files` relative to it, into `into` of the cache folder. */
export type ModuleFiles = { readonly module: string; readonly files: readonly string[]; readonly into: string };

const kubernetes = (name: string): ToolProgram => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  versionArgs: name === 'kubectl' ? ['version', '--client'] : ['--version'],
  versionText: 'v1.36.1',
});
// The sidecars' own builds answer "unknown"; only official ones, which name their version, are taken from PATH.
const sidecar = (name: string, module: string, versionText: string): ToolProgram => ({
  name,
  package: `${module}/cmd/${name}`,
  versionArgs: ['--version'],
  versionText,
});
const component = 'k8s.io/component-base/version';
const snapshotter = 'github.com/kubernetes-csi/external-snapshotter';

/** Every set, cheapest first: a first run shows progress early, and Kopia alone never waits for Kubernetes. */
export const toolSets: readonly ToolSet[] = [
  {
    // What Flux does to a kustomization after building it, by its own code; a cluster's Flux is a dozen of controllers.
    name: 'gitops',
    version: 'v1.8.0',
    programs: [
      {
        name: 'flux-substitute',
        package: 'stowage.dev/platform/tools/gitops',
        versionArgs: ['--version'],
        versionText: 'github.com/fluxcd/pkg/envsubst v1.8.0',
      },
    ],
    ldflags: '-s -w',
    sources: ['main.go'],
    extras: [
      {
        module: 'github.com/external-secrets/external-secrets',
        files: ['config/crds/bases/external-secrets.io_externalsecrets.yaml'],
        into: 'crds',
      },
    ],
    coldMinutes: 'a few seconds',
  },
  {
    name: 'kopia',
    version: 'v0.21.1',
    programs: [{ name: 'kopia', package: 'github.com/kopia/kopia', versionArgs: ['--version'], versionText: '0.21.1' }],
    ldflags: '-s -w',
    extras: [],
    coldMinutes: 'about 1.5 minutes',
  },
  {
    name: 'kopia-fake-clock',
    module: 'kopia',
    tags: ['testing'],
    optional: true,
    version: 'v0.21.1',
    programs: [
      {
        name: 'kopia-fake-clock',
        package: 'stowage.dev/platform/tools/kopia/fake-clock',
        versionArgs: ['--version'],
        versionText: 'kopia-fake-clock: github.com/kopia/kopia v0.21.1',
      },
    ],
    ldflags: '-s -w',
    sources: ['fake-clock/main.go'],
    extras: [],
    coldMinutes: 'about 1.5 minutes',
  },
  {
    // An S3 server whose buckets are folders.
    name: 'versitygw',
    version: 'v1.8.0',
    programs: [
      {
        name: 'versitygw',
        package: 'github.com/versity/versitygw/cmd/versitygw',
        versionArgs: ['--version'],
        versionText: 'v1.8.0',
      },
    ],
    ldflags: '-s -w -X main.Version=v1.8.0',
    extras: [],
    coldMinutes: 'about 1.5 minutes',
    optional: true,
  },
  {
    name: 'temporal',
    version: 'v1.5.1',
    programs: [
      {
        name: 'temporal',
        package: 'github.com/temporalio/cli/cmd/temporal',
        versionArgs: ['--version'],
        versionText: 'Server 1.29.1',
      },
    ],
    ldflags: '-s -w',
    extras: [],
    coldMinutes: 'about 2.5 minutes',
  },
  {
    name: 'etcd',
    version: 'v3.6.6',
    programs: [
      {
        name: 'etcd',
        package: 'go.etcd.io/etcd/server/v3',
        versionArgs: ['--version'],
        versionText: 'etcd Version: 3.6.6',
      },
    ],
    ldflags: '-s -w',
    extras: [],
    coldMinutes: 'about half a minute',
  },
  {
    name: 'kubernetes',
    version: 'v1.36.1',
    programs: [
      kubernetes('kube-apiserver'),
      kubernetes('kube-controller-manager'),
      kubernetes('kube-scheduler'),
      kubernetes('kubelet'),
      kubernetes('kubectl'),
      sidecar('csi-provisioner', 'github.com/kubernetes-csi/external-provisioner/v6', 'v6.3.0'),
      sidecar('csi-snapshotter', `${snapshotter}/v8`, 'v8.6.0'),
      sidecar('snapshot-controller', `${snapshotter}/v8`, 'v8.6.0'),
    ],
    ldflags: `-s -w -X ${component}.gitVersion=v1.36.1 -X ${component}.gitMajor=1 -X ${component}.gitMinor=36`,
    extras: [
      {
        module: `${snapshotter}/client/v8`,
        files: ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots'].map(
          (kind) => `config/crd/snapshot.storage.k8s.io_${kind}.yaml`,
        ),
        into: 'crds',
      },
      { module: 'github.com/container-storage-interface/spec', files: ['csi.proto'], into: 'protos' },
      {
        module: 'k8s.io/kubelet',
        files: ['pkg/apis/pluginregistration/v1/api.proto'],
        into: 'protos/pluginregistration',
      },
    ],
    coldMinutes: '5 to 7 minutes',
  },
];

/** Names of every program that the embedded platform needs. */
export const allTools: readonly string[] = toolSets
  .filter(({ optional }) => !optional)
  .flatMap((set) => set.programs.map((program) => program.name));

/** The set that yields a program. */
export function setOf(tool: string): ToolSet | undefined {
  return toolSets.find((set) => set.programs.some((program) => program.name === tool));
}
