import { join } from 'node:path';
import { namespacePath } from '../host/interfaces.ts';
import type { Network } from '../layout/network.ts';
import { DRIVER_NAME, type Paths } from '../layout/paths.ts';
import type { ToolPaths } from '../toolchain/ensure.ts';
import { NODE_NAME } from './node-config.ts';
import { temporalTuning } from './temporal-tuning.ts';

/** The host processes of a platform, in the order in which they start. */
export const componentNames = [
  'containerd',
  'etcd',
  'temporal',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'csi-driver',
  'kubelet',
  'snapshot-controller',
  'csi-snapshotter',
  'csi-provisioner',
] as const;

/** One of the host processes. */
export type ComponentName = (typeof componentNames)[number];

/** Everything from which the command lines are derived. */
export type ComponentInput = {
  readonly paths: Paths;
  readonly network: Network;
  readonly tools: ToolPaths;
  readonly containerd: string;
  /** The compiled driver's main file. */
  readonly csiDriver: string;
  readonly csiProtos: string;
};

/** Argv of one component. */
export type Command = { readonly command: string; readonly args: readonly string[] };

/** Namespace of the Temporal server that Stowage uses. */
export const TEMPORAL_NAMESPACE = 'default';

/** Search attributes that Stowage's workflows set, all of type Keyword. */
export const searchAttributes = [
  'StowageNamespace',
  'StowageClaim',
  'StowageRepository',
  'StowageOutcome',
  'StowageSnapshot',
] as const;

/** Command lines of all components. Pure. */
export function commandsOf(input: ComponentInput): Record<ComponentName, Command> {
  const { paths, network, tools } = input;
  const tool = (name: ComponentName, args: readonly string[]): Command => ({ command: tools[name] ?? name, args });
  return {
    containerd: {
      command: input.containerd,
      args: ['--config', join(paths.config, 'containerd.toml'), '--log-level=warn'],
    },
    etcd: tool('etcd', etcdArgs(paths, network)),
    // The development server binds its parts to one address but calls them on 127.0.0.1, so only a wildcard lets pods in.
    // In a network namespace of its own the wildcard is one link to the bridge, and nothing of this machine's network.
    // Not `ip netns exec`: it would copy this machine's mounts, and so keep another platform's btrfs busy after its `down`.
    temporal: {
      command: 'nsenter',
      args: [
        `--net=${namespacePath(network.temporalNamespace)}`,
        ...[tools.temporal ?? 'temporal', ...temporalArgs(paths, network)],
      ],
    },
    'kube-apiserver': tool('kube-apiserver', apiserverArgs(paths, network)),
    'kube-controller-manager': tool('kube-controller-manager', controllerManagerArgs(paths, network)),
    'kube-scheduler': tool('kube-scheduler', [
      `--kubeconfig=${join(paths.kubeconfigs, 'scheduler')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${network.loopback.scheduler}`,
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ]),
    'csi-driver': {
      command: process.execPath,
      args: [
        input.csiDriver,
        ...['--socket', paths.csiSocket, '--registration-socket', paths.registrationSocket],
        ...['--data-dir', join(paths.csi, 'volumes'), '--driver-name', DRIVER_NAME],
        ...['--node-id', NODE_NAME, '--kubelet-dir', paths.kubelet, '--proto-dir', input.csiProtos],
      ],
    },
    kubelet: tool('kubelet', [
      `--config=${join(paths.config, 'kubelet.yaml')}`,
      `--kubeconfig=${join(paths.kubeconfigs, 'kubelet')}`,
      `--root-dir=${paths.kubelet}`,
      `--cert-dir=${join(paths.kubelet, 'pki')}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${network.nodeAddress}`,
    ]),
    'snapshot-controller': tool('snapshot-controller', sidecarArgs(paths)),
    'csi-snapshotter': tool('csi-snapshotter', [...sidecarArgs(paths), `--csi-address=${paths.csiSocket}`]),
    'csi-provisioner': tool('csi-provisioner', [
      ...sidecarArgs(paths),
      `--csi-address=${paths.csiSocket}`,
      // Its removal of a snapshot's finalizer is not retried but left to a sweep, by default every 5 minutes.
      '--snapshot-orphan-sweep-interval=5s',
    ]),
  };
}

function etcdArgs(paths: Paths, network: Network): string[] {
  const client = `http://127.0.0.1:${network.loopback.etcd}`;
  const peer = `http://127.0.0.1:${network.loopback.etcdPeer}`;
  return [
    '--name=node1',
    `--data-dir=${paths.etcd}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=node1=${peer}`,
    '--unsafe-no-fsync',
    '--logger=zap',
    '--log-level=warn',
  ];
}

function temporalArgs(paths: Paths, network: Network): string[] {
  return [
    ...['server', 'start-dev', '--log-level', 'warn', '--disable-config-file', '--disable-config-env'],
    ...['--db-filename', paths.temporalDatabase],
    ...['--ip', '0.0.0.0', '--port', String(network.ports.temporal), '--ui-port', String(network.ports.temporalUi)],
    // Survives the death of the process, not that of the machine: the right trade for a development server.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...temporalTuning.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
}

function apiserverArgs(paths: Paths, network: Network): string[] {
  const pki = (file: string): string => join(paths.pki, file);
  return [
    `--etcd-servers=http://127.0.0.1:${network.loopback.etcd}`,
    // The node address lies on a bridge of this machine and is reached from pods, which 127.0.0.1 is not.
    `--bind-address=${network.nodeAddress}`,
    `--secure-port=${network.ports.apiserver}`,
    `--advertise-address=${network.nodeAddress}`,
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction,PodSecurity',
    `--service-cluster-ip-range=${network.serviceCidr}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--kubelet-client-certificate=${pki('apiserver-kubelet.crt')}`,
    `--kubelet-client-key=${pki('apiserver-kubelet.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--audit-policy-file=${join(paths.config, 'audit-policy.yaml')}`,
    `--audit-log-path=${join(paths.audit, 'audit.log')}`,
    // Megabytes, and files beside the one that is written.
    '--audit-log-maxsize=64',
    '--audit-log-maxbackup=3',
  ];
}

function controllerManagerArgs(paths: Paths, network: Network): string[] {
  const kubeconfig = join(paths.kubeconfigs, 'controller-manager');
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${network.loopback.controllerManager}`,
    // Without it the controllers run as a user that may not even write kube-root-ca.crt.
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${join(paths.pki, 'service-account.key')}`,
    `--root-ca-file=${join(paths.pki, 'ca.crt')}`,
    `--flex-volume-plugin-dir=${join(paths.kubelet, 'volume-plugins')}`,
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}

/** At their default rates a VolumeSnapshot takes 1.6 instead of 0.25 s. */
function sidecarArgs(paths: Paths): string[] {
  return [
    `--kubeconfig=${paths.kubeconfig}`,
    '--leader-election=false',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--retry-interval-start=100ms',
  ];
}
