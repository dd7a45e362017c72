import { PlatformError } from '../errors.ts';
import { cgroupHierarchies } from './cgroups.ts';
import { canInstall, missingPackages } from './packages.ts';

/** What this machine offers, read without changing anything. */
export type HostFacts = {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Controllers or v2 found among the mounted cgroup hierarchies. */
  readonly hasCgroups: boolean;
  readonly missingPackages: readonly string[];
  readonly canInstall: boolean;
};

/** Reads what the preflight judges. */
export async function readHostFacts(): Promise<HostFacts> {
  const linux = process.platform === 'linux';
  const hierarchies = linux ? cgroupHierarchies() : [];
  const hasCgroups = hierarchies.some(({ version, options }) => version === 2 || options.split(',').includes('memory'));
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasCgroups,
    missingPackages: linux ? await missingPackages() : [],
    canInstall: linux && (await canInstall()),
  };
}

/** Everything that keeps the embedded platform from running here; empty when nothing does. Pure. */
export function hostProblems(facts: HostFacts): string[] {
  if (facts.platform !== 'linux') return [`this machine runs ${facts.platform}, the embedded platform needs Linux`];
  const problems: string[] = [];
  if (!facts.isRoot) problems.push('it has to run as root (containerd, mounts and cgroups need it)');
  if (!facts.hasCgroups) problems.push('no cgroup hierarchy with memory limits is mounted under /sys/fs/cgroup');
  if (facts.missingPackages.length > 0 && !facts.canInstall) {
    problems.push(`missing and not installable by apt-get: ${facts.missingPackages.join(', ')}`);
  } else if (facts.missingPackages.length > 0 && !facts.isRoot) {
    problems.push(`missing packages, which only root may install: ${facts.missingPackages.join(', ')}`);
  }
  return problems;
}

/** One message with all problems and the way out. Pure. */
export function renderProblems(problems: readonly string[]): string {
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  return `the embedded platform cannot run here; nothing was changed:\n${list}\nThe way out: use a cluster that you have, with --context NAME (see 'platform up --help').`;
}

/**
 * Checks this machine before anything is changed.
 * @throws PlatformError with everything that is missing and the way out.
 */
export async function checkHost(): Promise<HostFacts> {
  const facts = await readHostFacts();
  const problems = hostProblems(facts);
  if (problems.length > 0) throw new PlatformError(renderProblems(problems));
  return facts;
}
