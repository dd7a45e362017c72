import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { componentNames } from '../boot/components.ts';
import { cgroupTree } from '../host/cgroups.ts';
import { interfaceExists, namespacePath } from '../host/interfaces.ts';
import { isBelow, listMounts, loopDevicesBelow } from '../host/mounts.ts';
import { listProcesses, type ProcessIdentity } from '../host/processes.ts';
import type { Network } from '../layout/network.ts';
import { cgroupRoot, type Paths } from '../layout/paths.ts';
import { findSandboxTraces } from './sandboxes.ts';

const programs = new Set<string>([...componentNames, 'containerd-shim-runc-v2', 'runc']);

/** Processes of a platform: one of its programs with the platform's folder among its arguments, whether a pid file names it or not. */
export function platformProcesses(paths: Paths): (ProcessIdentity & { readonly commandLine: readonly string[] })[] {
  return listProcesses().filter(({ commandLine }) => isPlatformProcess(commandLine, paths.directory));
}

/** True for argv of a platform's own process; not for an editor, `tail` or `kubectl` of a person who looks into the folder. Pure. */
export function isPlatformProcess(commandLine: readonly string[], folder: string): boolean {
  const [command = '', script = ''] = commandLine;
  const ours = programs.has(basename(command)) || script.endsWith('/platform/csi/main.js');
  return ours && commandLine.some((argument) => namesFolder(argument, folder));
}

/** True when an argument is, or holds after `=` or `://`, a path in the folder. Pure. */
export function namesFolder(argument: string, folder: string): boolean {
  return argument.split(/[=,]/).some((part) => isBelow(part.replace(/^[a-z]+:\/\//, ''), folder));
}

/** Everything that a platform has on this machine outside of its folder, in words; empty after a clean `down`. */
export async function findLeftovers(name: string, paths: Paths, network: Network | undefined): Promise<string[]> {
  const traces = await findSandboxTraces(name, paths);
  const interfaces = network ? [network.bridge, network.temporalLink] : [];
  const namespaces = network ? [namespacePath(network.temporalNamespace)] : [];
  return [
    ...platformProcesses(paths).map(({ pid, commandLine }) => `process ${pid} (${commandLine.slice(0, 2).join(' ')})`),
    ...listMounts()
      .filter((mount) => isBelow(mount.target, paths.directory) || traces.namespaces.includes(mount.target))
      .map((mount) => `mount ${mount.target}`),
    ...(await loopDevicesBelow(paths.directory)).map((device) => `loop device ${device}`),
    ...interfaces.filter(interfaceExists).map((one) => `interface ${one}`),
    ...namespaces.filter((one) => existsSync(one)).map((one) => `network namespace ${one}`),
    ...cgroupTree(cgroupRoot(name)).map((folder) => `cgroup ${folder}`),
    ...[...traces.cniResults, ...traces.namespaces, ...traces.shimSockets, ...traces.logLinks]
      .filter((file) => existsSync(file))
      .map((file) => `file ${file}`),
  ];
}
