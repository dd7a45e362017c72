import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { ensureCgroups } from '../host/cgroups.ts';
import { ensureBridge, ensureNamespace } from '../host/interfaces.ts';
import { cniPluginFolder } from '../host/packages.ts';
import { removeDeadSockets } from '../host/shims.ts';
import { cgroupRoot } from '../layout/paths.ts';
import type { BootContext } from './context.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { NODE_NAME, renderAuditPolicy, renderCni, renderContainerd, renderKubelet } from './node-config.ts';
import { certificateRequests, ensurePki } from './pki.ts';
import { componentProcess } from './supervise.ts';

/** The kubeconfig context of a platform. Pure. */
export function contextName(name: string): string {
  return `stowage-${name}`;
}

/** Writes everything that has to be there before the first process: folders, certificates, configurations, cgroups, the node's address. */
export async function prepareHost(context: BootContext, pauseImage: string): Promise<void> {
  const { name, paths, network } = context;
  const cniPlugins = await cniPluginFolder();
  if (!cniPlugins)
    throw new PlatformError('the CNI plugins bridge, host-local and loopback were not found in one folder');
  const open = [
    paths.pids,
    paths.logs,
    paths.config,
    paths.cniConf,
    paths.images,
    paths.podLogs,
    dirname(paths.registrationSocket),
  ];
  for (const folder of open) await mkdir(folder, { recursive: true, mode: 0o755 });
  // Data and credentials: for root alone on this machine.
  const closed = [paths.etcd, paths.audit, paths.kubeconfigs, paths.csi, dirname(paths.temporalDatabase)];
  for (const folder of closed) await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(join(paths.csi, 'volumes'), { recursive: true });
  await ensurePki(paths.pki, certificateRequests(NODE_NAME, network.nodeAddress, network.serviceAddress));
  await writeKubeconfigs(context);
  await writeFile(join(paths.config, 'containerd.toml'), renderContainerd(paths, cniPlugins, pauseImage));
  await writeFile(join(paths.config, 'kubelet.yaml'), renderKubelet(name, network, paths));
  await writeFile(join(paths.config, 'audit-policy.yaml'), renderAuditPolicy());
  await writeFile(join(paths.cniConf, '10-stowage.conflist'), renderCni(name, network, paths));
  if (!(await componentProcess(paths, 'containerd'))) await removeDeadSockets(paths);
  await ensureCgroups(cgroupRoot(name));
  await ensureBridge(network.bridge, `${network.nodeAddress}/24`, paths.directory);
  await ensureNamespace({
    namespace: network.temporalNamespace,
    link: network.temporalLink,
    bridge: network.bridge,
    address: `${network.temporalAddress}/24`,
  });
}

async function writeKubeconfigs({ name, paths, network }: BootContext): Promise<void> {
  const server = `https://${network.nodeAddress}:${network.ports.apiserver}`;
  const context = contextName(name);
  await writeKubeconfig(paths.kubeconfig, paths.pki, 'admin', { context, user: `${context}-admin`, server });
  for (const file of ['controller-manager', 'scheduler', 'kubelet']) {
    await writeKubeconfig(join(paths.kubeconfigs, file), paths.pki, file, { context, user: file, server });
  }
}
