import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cniNetworkName } from '../boot/node-config.ts';
import { isBelow } from '../host/mounts.ts';
import type { Paths } from '../layout/paths.ts';

const CNI_RESULTS = '/var/lib/cni/results';
const SHIM_SOCKETS = '/run/containerd/s';
const POD_LOG_LINKS = '/var/log/containers';

/** What the pods of one platform left outside its folder, although the roots are private. */
export type SandboxTraces = {
  readonly cniResults: readonly string[];
  /** Network namespaces under /run/netns. */
  readonly namespaces: readonly string[];
  /** Sockets of this platform's shims; other platforms, and a containerd of the system, keep theirs in the same folder. */
  readonly shimSockets: readonly string[];
  readonly logLinks: readonly string[];
};

/** Finds the traces. Call it while containerd's state folder is still there: it names the sockets. */
export async function findSandboxTraces(name: string, paths: Paths): Promise<SandboxTraces> {
  const results: string[] = [];
  const namespaces = new Set<string>();
  for (const file of await list(CNI_RESULTS)) {
    const text = await readFile(join(CNI_RESULTS, file), 'utf8').catch(() => '');
    const found = parseCniResult(text, cniNetworkName(name));
    if (!found) continue;
    results.push(join(CNI_RESULTS, file));
    for (const namespace of found) namespaces.add(namespace.replace(/^\/var\/run\//, '/run/'));
  }
  return {
    cniResults: results,
    namespaces: [...namespaces],
    shimSockets: await shimSockets(paths),
    logLinks: await linksInto(POD_LOG_LINKS, paths.directory),
  };
}

/** Network namespaces that a cached CNI result of `network` names; undefined when it is another network's. Pure. */
export function parseCniResult(text: string, network: string): string[] | undefined {
  try {
    const cached = JSON.parse(text) as {
      networkName?: string;
      netns?: string;
      result?: { interfaces?: { sandbox?: string }[] };
    };
    if (cached.networkName !== network) return undefined;
    const named = [cached.netns, ...(cached.result?.interfaces ?? []).map((one) => one.sandbox)];
    return [...new Set(named.filter((path): path is string => /^(\/var)?\/run\/netns\/[-\w]+$/.test(path ?? '')))];
  } catch {
    return undefined;
  }
}

async function shimSockets(paths: Paths): Promise<string[]> {
  const sockets = new Set<string>();
  for (const runtime of await list(paths.containerdState)) {
    for (const id of await list(join(paths.containerdState, runtime, 'k8s.io'))) {
      const text = await readFile(join(paths.containerdState, runtime, 'k8s.io', id, 'address'), 'utf8').catch(
        () => '',
      );
      const socket = text.trim().replace(/^unix:\/\//, '');
      if (isBelow(socket, SHIM_SOCKETS)) sockets.add(socket);
    }
  }
  return [...sockets];
}

async function linksInto(folder: string, directory: string): Promise<string[]> {
  const links: string[] = [];
  for (const entry of await list(folder)) {
    const target = await readlink(join(folder, entry)).catch(() => '');
    if (isBelow(target, directory)) links.push(join(folder, entry));
  }
  return links;
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Removes the traces (namespaces are unmounted before) and the shared folders that are empty then. */
export async function removeSandboxTraces(traces: SandboxTraces): Promise<void> {
  const files = [...traces.cniResults, ...traces.namespaces, ...traces.shimSockets, ...traces.logLinks];
  for (const file of files) await rm(file, { force: true });
  const shared = [CNI_RESULTS, '/var/lib/cni', SHIM_SOCKETS, '/run/containerd', '/run/netns', POD_LOG_LINKS];
  for (const folder of shared) await rmdir(folder).catch(() => undefined);
}
