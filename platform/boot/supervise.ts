import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { freePorts } from '../host/ports.ts';
import { type ProcessIdentity, readPidFile, startProcess, stopByPidFile } from '../host/processes.ts';
import type { Network } from '../layout/network.ts';
import type { Paths } from '../layout/paths.ts';
import type { ComponentName } from './components.ts';
import type { BootContext } from './context.ts';
import type { Watched } from './wait.ts';

/** Components that hold a connection which does not survive the other's restart: they exit at their next call. */
const dependents: Partial<Record<ComponentName, readonly ComponentName[]>> = {
  'csi-driver': ['csi-snapshotter', 'csi-provisioner'],
};

/** The pid file of a component. */
export function pidFileOf(paths: Paths, name: ComponentName): string {
  return join(paths.pids, name);
}

/** The log of a component, appended at every start. */
export function logOf(paths: Paths, name: ComponentName): string {
  return join(paths.logs, `${name}.log`);
}

/** The process of a component, if it runs. */
export function componentProcess(paths: Paths, name: ComponentName): Promise<ProcessIdentity | undefined> {
  return readPidFile(pidFileOf(paths, name));
}

/** Starts a component unless it runs, and answers its process to watch. */
export async function ensureComponent(context: BootContext, name: ComponentName): Promise<Watched> {
  const { paths, network, commands } = context;
  const log = logOf(paths, name);
  const running = await componentProcess(paths, name);
  if (running) return { name, identity: running, log };
  for (const dependent of dependents[name] ?? []) await stopByPidFile(pidFileOf(paths, dependent), 1);
  await checkPorts(name, network);
  const identity = await startProcess({ ...commands[name], log, pidFile: pidFileOf(paths, name) });
  return { name, identity, log };
}

/** Stops a component and those that cannot live without it. */
export async function stopComponentProcess(context: Pick<BootContext, 'paths'>, name: ComponentName): Promise<void> {
  for (const stopping of [name, ...(dependents[name] ?? [])]) await stopByPidFile(pidFileOf(context.paths, stopping));
}

/** Components that have to be started after this one was. */
export function dependentsOf(name: ComponentName): readonly ComponentName[] {
  return dependents[name] ?? [];
}

/** Addresses on which a component listens. */
export function listenersOf(name: ComponentName, network: Network): { address: string; port: number }[] {
  const local = (...ports: number[]) => ports.map((port) => ({ address: '127.0.0.1', port }));
  const node = (port: number) => ({ address: network.nodeAddress, port });
  const { loopback, ports } = network;
  switch (name) {
    case 'etcd':
      return local(loopback.etcd, loopback.etcdPeer);
    case 'temporal':
      return [ports.temporal, ports.temporalUi].map((port) => ({ address: network.temporalAddress, port }));
    case 'kube-apiserver':
      return [node(ports.apiserver)];
    case 'kube-controller-manager':
      return local(loopback.controllerManager);
    case 'kube-scheduler':
      return local(loopback.scheduler);
    case 'kubelet':
      return [node(ports.kubelet), ...local(loopback.kubeletHealth)];
    default:
      return [];
  }
}

async function checkPorts(name: ComponentName, network: Network): Promise<void> {
  for (const { address, port } of listenersOf(name, network)) {
    // An address in another namespace cannot be tried from here, and nobody else is in there.
    if (address === network.temporalAddress) continue;
    if ((await freePorts(address, [port])).length === 1) continue;
    throw new PlatformError(
      `${name} needs ${address}:${port}, and another program listens there: stop it ('ss -ltnp' names it)`,
    );
  }
}

/** True when something accepts connections on a unix socket. */
export function socketAnswers(path: string): Promise<boolean> {
  if (!existsSync(path)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
