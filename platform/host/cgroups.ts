import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signal } from './processes.ts';

/** A mounted cgroup hierarchy. */
export type CgroupHierarchy = { readonly mount: string; readonly version: 1 | 2; readonly options: string };

/** The hierarchies that `/proc/self/mounts` lists. Pure. */
export function parseHierarchies(mounts: string): CgroupHierarchy[] {
  return mounts.split('\n').flatMap((line) => {
    const [, mount, type, options = ''] = line.split(' ');
    if (!mount || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    return [{ mount, version: type === 'cgroup2' ? (2 as const) : (1 as const), options }];
  });
}

/** The hierarchies of this machine. */
export function cgroupHierarchies(): CgroupHierarchy[] {
  return parseHierarchies(readFileSync('/proc/self/mounts', 'utf8'));
}

/** True when one v2 hierarchy carries everything; a v2 mount beside v1 ones (hybrid) does not count. */
export function isUnified(hierarchies: readonly CgroupHierarchy[]): boolean {
  return hierarchies.length > 0 && hierarchies.every((hierarchy) => hierarchy.version === 2);
}

/** Makes `root` (for example `/stw-dev`) in every hierarchy, with what a child needs before it can hold processes. */
export async function ensureCgroups(root: string): Promise<void> {
  const hierarchies = cgroupHierarchies();
  if (isUnified(hierarchies)) await delegateControllers(hierarchies[0]!.mount);
  for (const { mount, version, options } of hierarchies) {
    if (version === 2 && !isUnified(hierarchies)) continue;
    const own = join(mount, root);
    await mkdir(own, { recursive: true });
    if (version === 2) await delegateControllers(own);
    if (!options.split(',').includes('cpuset')) continue;
    // A v1 cpuset without cpus and memory nodes refuses every process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const current = (await readFile(join(own, file), 'utf8')).trim();
      if (!current) await writeFile(join(own, file), (await readFile(join(mount, file), 'utf8')).trim());
    }
  }
}

async function delegateControllers(directory: string): Promise<void> {
  const available = (await readFile(join(directory, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/).filter(Boolean);
  for (const controller of available) {
    // Each on its own: one controller that cannot be delegated must not hold back the others.
    await writeFile(join(directory, 'cgroup.subtree_control'), `+${controller}`).catch(() => undefined);
  }
}

/** A container that ends takes its folder away while the tree is walked: what is gone has no subfolders. */
function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Folders of `root` in all hierarchies, deepest first. */
export function cgroupTree(root: string): string[] {
  const folders: string[] = [];
  const visit = (folder: string): void => {
    for (const name of subfolders(folder)) visit(join(folder, name));
    folders.push(folder);
  };
  for (const { mount } of cgroupHierarchies()) if (existsSync(join(mount, root))) visit(join(mount, root));
  return folders;
}

/** Numbers of all processes below `root`. */
export function cgroupProcesses(root: string): number[] {
  const pids = cgroupTree(root).flatMap((folder) => {
    try {
      return readFileSync(join(folder, 'cgroup.procs'), 'utf8')
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 0);
    } catch {
      return [];
    }
  });
  return [...new Set(pids)];
}

/** SIGKILL to everything below `root` until nothing is left there, at most `seconds`. */
export async function killCgroup(root: string, seconds = 5): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const pids = cgroupProcesses(root);
    if (pids.length === 0 || Date.now() > deadline) return;
    for (const pid of pids) signal(pid, 'SIGKILL');
    await sleep(20);
  }
}

/** Removes `root` from every hierarchy, depth first; waits a moment for the kernel where a folder is still busy. */
export async function removeCgroups(root: string, seconds = 3): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (cgroupTree(root).length > 0 && Date.now() < deadline) {
    for (const folder of cgroupTree(root)) await rmdir(folder).catch(() => undefined);
    if (cgroupTree(root).length > 0) await sleep(50);
  }
}
