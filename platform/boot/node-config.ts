import { stringify } from 'yaml';
import type { Network } from '../layout/network.ts';
import { cgroupRoot, type Paths } from '../layout/paths.ts';

/** Name of the one node. */
export const NODE_NAME = 'node1';

/** Name of a platform's CNI network; it marks its results under /var/lib/cni. Pure. */
export function cniNetworkName(name: string): string {
  return `stw-${name}`;
}

/** containerd's configuration, version 2 of the format. Pure. */
export function renderContainerd(paths: Paths, cniPlugins: string, pauseImage: string): string {
  const q = (text: string): string => JSON.stringify(text);
  const disabled = ['snapshotter.v1.btrfs', 'snapshotter.v1.zfs', 'snapshotter.v1.devmapper', 'snapshotter.v1.aufs']
    .concat('tracing.processor.v1.otlp', 'internal.v1.tracing')
    .map((plugin) => q(`io.containerd.${plugin}`));
  return `version = 2
root = ${q(paths.containerd)}
state = ${q(paths.containerdState)}
disabled_plugins = [${disabled.join(', ')}]

[grpc]
  address = ${q(paths.containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${q(pauseImage)}
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = ${q(paths.runc)}

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${q(cniPlugins)}
    conf_dir = ${q(paths.cniConf)}
`;
}

/** The pod network: one bridge with its gateway address, no masquerading, so nothing outside this machine is reached. Pure. */
export function renderCni(name: string, network: Network, paths: Paths): string {
  const bridge = {
    type: 'bridge',
    bridge: network.bridge,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: paths.cniData,
      // The addresses before it belong to the node and to Temporal.
      ranges: [[{ subnet: network.podCidr, rangeStart: network.podRangeStart, gateway: network.nodeAddress }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  return JSON.stringify({ cniVersion: '1.0.0', name: cniNetworkName(name), plugins: [bridge] }, null, 2);
}

/** The kubelet's configuration. Pure. */
export function renderKubelet(name: string, network: Network, paths: Paths): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: `${paths.pki}/ca.crt` },
    },
    authorization: { mode: 'AlwaysAllow' },
    address: network.nodeAddress,
    port: network.ports.kubelet,
    readOnlyPort: 0,
    healthzBindAddress: '127.0.0.1',
    healthzPort: network.loopback.kubeletHealth,
    tlsCertFile: `${paths.pki}/kubelet-server.crt`,
    tlsPrivateKeyFile: `${paths.pki}/kubelet-server.key`,
    containerRuntimeEndpoint: `unix://${paths.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    // A tree of its own in every hierarchy makes cleaning up exact.
    cgroupRoot: cgroupRoot(name),
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    evictionHard: {
      'memory.available': '64Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    imageGCHighThresholdPercent: 100,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    eventRecordQPS: 0,
    volumeStatsAggPeriod: '-1s',
    volumePluginDir: `${paths.kubelet}/volume-plugins`,
    clusterDNS: [network.dnsAddress],
    clusterDomain: 'cluster.local',
    // The default is /var/log/pods, outside of our folder.
    podLogsDir: paths.podLogs,
    maxPods: 200,
  });
}

/**
 * What the API server notes: who of the service accounts asked for what, and whether they might; no content. The cluster's own
 * controllers are left out. A policy knows no patterns for users, so the readers of the log choose among them. Pure.
 */
export function renderAuditPolicy(): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
      { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
      { level: 'None' },
    ],
  });
}
