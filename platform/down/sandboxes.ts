import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cniNetworkName } from '../boot/node-config.ts';
import { isBelow, unmountAll } from '../host/mounts.ts';
import { deadShimSockets, listTasks, SHIM_SOCKETS } from '../host/shims.ts';
import type { Paths } from '../layout/paths.ts';

const CNI_RESULTS = '/var/lib/cni/results';
const NAMESPACES = '/run/netns';
const POD_LOG_LINKS = '/var/log/containers';

/** What the pods of one platform left outside its folder, although the roots are private. */
export type SandboxTraces = {
  readonly cniResults: readonly string[];
  /** Network namespaces under /run/netns. */
  readonly namespaces: readonly string[];
  /** Sockets of this platform's shims and of shims that are dead; other living platforms, and a containerd of the system, keep theirs in the same folder. */
  readonly shimSockets: readonly string[];
  readonly logLinks: readonly string[];
};

/** Finds the traces. Call it while containerd's state folder is still there: it names the sandboxes and their sockets. */
export async function findSandboxTraces(name: string, paths: Paths): Promise<SandboxTraces> {
  const [tasks, dead] = await Promise.all([listTasks(paths), deadShimSockets()]);
  const cached = await Promise.all(
    (await list(CNI_RESULTS)).map(async (file) => {
      const text = await readFile(join(CNI_RESULTS, file), 'utf8').catch(() => '');
      return { file: join(CNI_RESULTS, file), ...parseCniResult(text) };
    }),
  );
  // The loopback of a sandbox is cached under a network name that all platforms share: it is known by its sandbox.
  const own = new Set(cached.filter(({ network }) => network === cniNetworkName(name)).map(({ sandbox }) => sandbox));
  for (const { id } of tasks) own.add(id);
  const ours = cached.filter(({ sandbox }) => sandbox !== undefined && own.has(sandbox));
  return {
    cniResults: ours.map(({ file }) => file),
    namespaces: [...new Set(ours.flatMap(({ namespaces }) => namespaces ?? []))],
    shimSockets: [...new Set([...tasks.flatMap(({ socket }) => (socket ? [socket] : [])), ...dead])],
    logLinks: await linksInto(POD_LOG_LINKS, paths.directory),
  };
}

/** What a cached CNI result says: its network, its sandbox, the network namespaces in it. Empty for anything else. Pure. */
export function parseCniResult(text: string): { network?: string; sandbox?: string; namespaces?: string[] } {
  try {
    const cached = JSON.parse(text) as {
      networkName?: string;
      containerId?: string;
      result?: { interfaces?: { sandbox?: string }[] };
    };
    const named = (cached.result?.interfaces ?? []).map((one) => one.sandbox ?? '');
    return {
      ...(cached.networkName && { network: cached.networkName }),
      ...(cached.containerId && { sandbox: cached.containerId }),
      namespaces: named
        .filter((path) => /^(\/var)?\/run\/netns\/[-\w]+$/.test(path))
        .map((path) => path.replace(/^\/var/, '')),
    };
  } catch {
    return {};
  }
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
  // `ip netns` mounts this folder onto itself; with nothing in it nobody needs that.
  if ((await list(NAMESPACES)).length === 0) await unmountAll((mount) => mount.target === NAMESPACES);
  const shared = [CNI_RESULTS, '/var/lib/cni', SHIM_SOCKETS, '/run/containerd', NAMESPACES, POD_LOG_LINKS];
  for (const folder of shared) await rmdir(folder).catch(() => undefined);
}
