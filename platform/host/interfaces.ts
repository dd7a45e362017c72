import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { run, tryRun } from './run.ts';

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** True when the kernel has a network interface of this name. */
export function interfaceExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

/** Destinations of the machine's IPv4 routes in CIDR form, without the default route. */
export async function routes(): Promise<string[]> {
  const listed = JSON.parse(await run('ip', ['-j', '-4', 'route', 'show'])) as { dst?: string }[];
  return listed.map((route) => route.dst ?? '').filter((destination) => /^\d/.test(destination));
}

/** Makes a bridge with one address and its owner's name as alias, or leaves it when it is there: the kernel may have no dummy interfaces to put an address on. */
export async function ensureBridge(name: string, address: string, owner: string): Promise<void> {
  if (!interfaceExists(name)) {
    await run('ip', ['link', 'add', name, 'type', 'bridge']);
    // Set explicitly, or the bridge takes the lowest address of its ports and changes it as pods come and go.
    const own = (await readFile(`/sys/class/net/${name}/address`, 'utf8')).trim();
    await run('ip', ['link', 'set', name, 'address', own]);
  }
  await run('ip', ['address', 'replace', address, 'dev', name]);
  await run('ip', ['link', 'set', name, 'alias', owner, 'up']);
}

/** Who made an interface, as its alias says; empty when nobody said so or it is not there. */
export async function interfaceOwner(name: string): Promise<string> {
  return (await readFile(`/sys/class/net/${name}/ifalias`, 'utf8').catch(() => '')).trim();
}

/** A named network namespace that hangs on a bridge by a link of its own. */
export type BridgedNamespace = {
  readonly namespace: string;
  readonly link: string;
  readonly bridge: string;
  /** Its address in CIDR form. */
  readonly address: string;
};

/** Where `ip netns` keeps a namespace. */
export function namespacePath(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** Makes a network namespace with its loopback and one link to the bridge, or completes it. */
export async function ensureNamespace({ namespace, link, bridge, address }: BridgedNamespace): Promise<void> {
  if (!existsSync(namespacePath(namespace))) await run('ip', ['netns', 'add', namespace]);
  await run('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  if (!interfaceExists(link)) {
    await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  }
  await run('ip', ['link', 'set', link, 'master', bridge, 'up']);
  await run('ip', ['-n', namespace, 'address', 'replace', address, 'dev', 'eth0']);
  await run('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
}

/** Deletes a namespace with the link in it; nothing happens when it is not there. */
export async function removeNamespace(namespace: string): Promise<void> {
  if (existsSync(namespacePath(namespace))) await tryRun('ip', ['netns', 'delete', namespace]);
}

/** Deletes a bridge and every interface on it; nothing happens when it is not there. */
export async function removeBridge(name: string): Promise<void> {
  if (!interfaceExists(name)) return;
  for (const port of await bridgePorts(name)) await tryRun('ip', ['link', 'delete', port]);
  await tryRun('ip', ['link', 'delete', name]);
}

async function bridgePorts(bridge: string): Promise<string[]> {
  const answer = await tryRun('ip', ['-j', 'link', 'show', 'master', bridge]);
  if (answer.exitCode !== 0 || !answer.stdout.trim()) return [];
  const listed = JSON.parse(answer.stdout) as { ifname?: string }[];
  return listed.flatMap((link) => (link.ifname ? [link.ifname] : []));
}

/** The kernel's IPv4 forwarding setting; the CNI bridge plugin turns it on. */
export async function readForwarding(): Promise<string> {
  return (await readFile(FORWARDING, 'utf8')).trim();
}

/** Puts the forwarding setting back. */
export async function writeForwarding(value: string): Promise<void> {
  if ((await readForwarding()) !== value) await writeFile(FORWARDING, `${value}\n`);
}
