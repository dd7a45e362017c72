import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { PlatformError } from '../errors.ts';
import { isExecutable, whichTool } from '../toolchain/find.ts';
import { type Log, renderDuration, withHeartbeat } from '../toolchain/progress.ts';
import { systemPath } from './processes.ts';
import { tryRun } from './run.ts';

/** A Debian package and what of it is used: it counts as there when all of that is, whoever installed it. */
export type SystemPackage = {
  readonly package: string;
  readonly programs?: readonly string[];
  readonly files?: readonly string[];
  readonly cniPlugins?: readonly string[];
  /** A program that has to be statically linked, because it runs in an otherwise empty image. */
  readonly staticProgram?: string;
};

/** Everything that comes from the system instead of from our builds. */
export const systemPackages: readonly SystemPackage[] = [
  { package: 'containerd', programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'] },
  { package: 'runc', programs: ['runc'] },
  { package: 'containernetworking-plugins', cniPlugins: ['bridge', 'host-local', 'loopback'] },
  { package: 'btrfs-progs', programs: ['mkfs.btrfs', 'btrfs'] },
  { package: 'busybox-static', staticProgram: 'busybox' },
  { package: 'sqlite3', programs: ['sqlite3'] },
  { package: 'openssl', programs: ['openssl'] },
  { package: 'iproute2', programs: ['ip'] },
  { package: 'e2fsprogs', programs: ['mkfs.ext4'] },
  { package: 'mount', programs: ['mount', 'umount', 'losetup'] },
  { package: 'ca-certificates', files: ['/etc/ssl/certs/ca-certificates.crt'] },
];

const cniFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const environment = (): NodeJS.ProcessEnv => ({ PATH: systemPath(process.env.PATH) });

/** Path of a system program; PATH plus the system's folders are searched. */
export function systemProgram(name: string): Promise<string | undefined> {
  return whichTool(name, environment());
}

/** The folder that holds all CNI plugins we use. */
export async function cniPluginFolder(): Promise<string | undefined> {
  const plugins = systemPackages.flatMap((entry) => entry.cniPlugins ?? []);
  for (const folder of cniFolders) {
    if ((await Promise.all(plugins.map((plugin) => isExecutable(`${folder}/${plugin}`)))).every(Boolean)) return folder;
  }
  return undefined;
}

/** Packages whose parts are not all on this machine. */
export async function missingPackages(): Promise<string[]> {
  const present = await Promise.all(systemPackages.map(isPresent));
  return systemPackages.filter((_, index) => !present[index]).map((entry) => entry.package);
}

async function isPresent(entry: SystemPackage): Promise<boolean> {
  for (const program of entry.programs ?? []) if (!(await systemProgram(program))) return false;
  for (const file of entry.files ?? []) if (!existsSync(file)) return false;
  if (entry.cniPlugins && !(await cniPluginFolder())) return false;
  if (!entry.staticProgram) return true;
  const path = await systemProgram(entry.staticProgram);
  return path !== undefined && (await isStatic(path));
}

/** True for an ELF file without an interpreter (program header type 3). */
async function isStatic(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(4096);
    await file.read(head, 0, head.length, 0);
    if (head.readUInt32BE(0) !== 0x7f454c46) return false;
    const [table, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
    for (let i = 0; i < count; i += 1) if (head.readUInt32LE(table + i * size) === 3) return false;
    return true;
  } finally {
    await file.close();
  }
}

/** True when packages can be installed here: apt is there. */
export async function canInstall(): Promise<boolean> {
  return (await systemProgram('apt-get')) !== undefined;
}

/**
 * Installs Debian packages by apt-get and says so. Debian's containerd package starts a service of its own where systemd runs; ours needs none, so it is stopped.
 * @throws PlatformError with apt's last lines and the way out.
 */
export async function installPackages(packages: readonly string[], log: Log): Promise<void> {
  log(`packages: installing ${packages.join(', ')}`);
  const started = Date.now();
  const env = { DEBIAN_FRONTEND: 'noninteractive', PATH: systemPath(process.env.PATH) };
  const apt = (...args: string[]) =>
    withHeartbeat(tryRun('apt-get', args, { env }), (elapsed) =>
      log(`packages: still installing, ${renderDuration(elapsed)}`),
    );
  // A failing update (one source of several unreachable) decides nothing: the installation does.
  await apt('update', '-q');
  const done = await apt('install', '-q', '-y', '--no-install-recommends', ...packages);
  if (done.exitCode !== 0) {
    const detail = done.stderr.split('\n').slice(-5).join('\n');
    throw new PlatformError(
      `apt-get could not install ${packages.join(', ')}:\n${detail}\nInstall them by hand, or use another cluster: --context NAME`,
    );
  }
  if (packages.includes('containerd') && existsSync('/run/systemd/system')) {
    await tryRun('systemctl', ['disable', '--now', 'containerd'], { env });
  }
  log(`packages: installed ${packages.length} in ${renderDuration((Date.now() - started) / 1000)}`);
}
