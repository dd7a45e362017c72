import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that cannot be mistaken for a later one of the same number: boot and start time belong to it. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string; readonly boot: string };

/** Start time (clock ticks since boot) of a live process; undefined when it is gone or a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets itself: fields are counted from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // `kill -0` calls a zombie alive, and a PID 1 that reaps late keeps zombies for long.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** True when exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.boot === bootId() && startTimeOf(identity.pid) === identity.startTime;
}

/** The process that a pid file names, if it still runs. */
export async function readPidFile(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const identity = JSON.parse(text) as ProcessIdentity;
    return isAlive(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** A host process to start: argv, its log (appended) and its pid file. */
export type ProcessSpec = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly log: string;
  readonly pidFile: string;
};

/** Starts a process in its own session, so that it outlives us, and records it in its pid file. */
export async function startProcess(spec: ProcessSpec): Promise<ProcessIdentity> {
  await Promise.all([mkdir(dirname(spec.log), { recursive: true }), mkdir(dirname(spec.pidFile), { recursive: true })]);
  const log = openSync(spec.log, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { ...baseEnvironment(), ...spec.env },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const identity = { pid: child.pid!, startTime: startTimeOf(child.pid!) ?? '', boot: bootId() };
    await writeFile(spec.pidFile, JSON.stringify(identity));
    return identity;
  } finally {
    closeSync(log);
  }
}

/** What a component gets of our environment: NODE_OPTIONS, proxies or test settings of the caller must not reach it. */
function baseEnvironment(): Record<string, string> {
  return { PATH: systemPath(process.env.PATH), HOME: process.env.HOME ?? '/root', LANG: 'C.UTF-8' };
}

/** PATH with the system's own folders, which a login of a plain user may lack. */
export function systemPath(path = ''): string {
  const folders = path.split(':').filter(Boolean);
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/sbin', '/bin'])].join(
    ':',
  );
}

/** Sends a signal; a process that is gone is not an error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** SIGTERM to all at once, then waits; SIGKILL for those that are still there after `graceSeconds`. */
export async function stopProcesses(identities: readonly ProcessIdentity[], graceSeconds = 5): Promise<void> {
  for (const identity of identities) if (isAlive(identity)) signal(identity.pid, 'SIGTERM');
  await waitGone(identities, graceSeconds);
  for (const identity of identities) if (isAlive(identity)) signal(identity.pid, 'SIGKILL');
  await waitGone(identities, 5);
}

async function waitGone(identities: readonly ProcessIdentity[], seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (identities.some(isAlive) && Date.now() < deadline) await sleep(25);
}

/** Stops what a pid file names and removes the file. */
export async function stopByPidFile(file: string, graceSeconds?: number): Promise<void> {
  const identity = await readPidFile(file);
  if (identity) await stopProcesses([identity], graceSeconds);
  await rm(file, { force: true });
}

/** Every live process with its command line. */
export function listProcesses(): (ProcessIdentity & { readonly commandLine: readonly string[] })[] {
  const boot = bootId();
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    const startTime = Number.isInteger(pid) ? startTimeOf(pid) : undefined;
    if (startTime === undefined) return [];
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
      return [{ pid, startTime, boot, commandLine }];
    } catch {
      return [];
    }
  });
}
