import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComponentName } from '../boot/components.ts';
import { componentProcess, pidFileOf } from '../boot/supervise.ts';
import { unmountBackend } from '../csi/teardown.ts';
import { PlatformError } from '../errors.ts';
import { killCgroup, removeCgroups } from '../host/cgroups.ts';
import { removeBridge, removeNamespace, writeForwarding } from '../host/interfaces.ts';
import { isBelow, loopDevicesBelow, unmountAll } from '../host/mounts.ts';
import { stopProcesses } from '../host/processes.ts';
import { tryRun } from '../host/run.ts';
import { type Network, networkOf } from '../layout/network.ts';
import { cgroupRoot, type Paths, pathsOf, platformsRoot } from '../layout/paths.ts';
import { releaseSlot, slotOf } from '../layout/slots.ts';
import { type Log, renderDuration } from '../toolchain/progress.ts';
import { findLeftovers, platformProcesses } from './leftovers.ts';
import { findSandboxTraces, removeSandboxTraces } from './sandboxes.ts';

const stoppedFirst: readonly ComponentName[] = [
  'csi-provisioner',
  'csi-snapshotter',
  'snapshot-controller',
  'kubelet',
  'kube-scheduler',
  'kube-controller-manager',
  'kube-apiserver',
  'temporal',
];
const stoppedLast: readonly ComponentName[] = ['containerd', 'csi-driver', 'etcd'];

/** `keep` leaves the data (etcd, volumes, images, Temporal's database), so that `up` comes back with it. */
export type DownOptions = { readonly keep: boolean; readonly log: Log };

/**
 * Takes a platform down: no process, mount, interface, cgroup or loop device of it stays. A platform that is not there is no error.
 * @throws PlatformError that lists what could not be removed.
 */
export async function takeDown(name: string, options: DownOptions): Promise<void> {
  const paths = pathsOf(name, platformsRoot());
  const slot = await slotOf(paths.directory);
  const network = slot === undefined ? undefined : networkOf(slot);
  const started = Date.now();
  const traces = await findSandboxTraces(name, paths);
  await stopAll(stoppedFirst, paths, 3);
  await killCgroup(cgroupRoot(name));
  await stopShims(paths);
  await stopAll(stoppedLast, paths, 2);
  await stopProcesses(platformProcesses(paths), 1);
  await unmountBackend(join(paths.csi, 'volumes'));
  await unmountAll((mount) => isBelow(mount.target, paths.directory) || traces.namespaces.includes(mount.target));
  for (const device of await loopDevicesBelow(paths.directory)) await tryRun('losetup', ['--detach', device]);
  await removeNetwork(network);
  await removeCgroups(cgroupRoot(name));
  await removeSandboxTraces(traces);
  // Leases of pods that no longer run would pile up in a platform that is kept.
  await rm(paths.cniData, { recursive: true, force: true });
  const leftovers = await findLeftovers(name, paths, network);
  if (leftovers.length > 0) {
    throw new PlatformError(
      `platform ${name} is stopped, but this is left over:\n${leftovers.map((one) => `  - ${one}`).join('\n')}`,
    );
  }
  await removeData(paths, options.keep);
  const { last, ipForward } = await releaseSlot(paths.directory, options.keep);
  if (last) await leaveHost(ipForward);
  options.log(
    `platform ${name}: down in ${renderDuration((Date.now() - started) / 1000)}${options.keep ? `, data kept in ${paths.directory}` : ''}`,
  );
}

/** Signals all at once, then waits for all. */
async function stopAll(names: readonly ComponentName[], paths: Paths, graceSeconds: number): Promise<void> {
  const running = await Promise.all(names.map((name) => componentProcess(paths, name)));
  await stopProcesses(
    running.filter((one) => one !== undefined),
    graceSeconds,
  );
  for (const name of names) await rm(pidFileOf(paths, name), { force: true });
}

/** Ends the shims: they are not in the pods' cgroups, and name our containerd's socket in their arguments. */
async function stopShims(paths: Paths): Promise<void> {
  const shims = platformProcesses(paths).filter(({ commandLine }) => commandLine[0]?.includes('containerd-shim'));
  await stopProcesses(shims, 0);
}

async function removeNetwork(network: Network | undefined): Promise<void> {
  if (!network) return;
  await removeNamespace(network.temporalNamespace);
  await removeBridge(network.bridge);
}

async function removeData(paths: Paths, keep: boolean): Promise<void> {
  if (keep) {
    // The runtime's own state speaks of containers that are gone.
    for (const folder of [paths.containerdState, paths.runc]) await rm(folder, { recursive: true, force: true });
    return;
  }
  await rm(paths.directory, { recursive: true, force: true, maxRetries: 3 });
}

/** What the last platform puts back: the kernel's forwarding, and kubelet's fixed folder if it is ours alone. */
async function leaveHost(forwarding: string | undefined): Promise<void> {
  if (forwarding !== undefined) await writeForwarding(forwarding);
  const plugins = '/var/lib/kubelet/device-plugins';
  for (const file of ['kubelet.sock', 'DEPRECATION', 'kubelet_internal_checkpoint']) {
    await rm(`${plugins}/${file}`, { force: true });
  }
  for (const folder of [plugins, '/var/lib/kubelet', platformsRoot()]) await rmdir(folder).catch(() => undefined);
}
