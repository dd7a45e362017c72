import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledRoot } from '../../platform/project.ts';
import type { Platform } from '../../platform/types.ts';
import type { WorkerRole } from '../../workers/role.ts';
import { until } from './until.ts';

export interface HostWorkersOptions {
  readonly platform: Platform;
  readonly temporalNamespace: string;
  readonly stowageImage: string;
  readonly stowageNamespace: string;
  readonly repository: { readonly name: string; readonly path: string; readonly password: string };
  /** By role that talks to the cluster: a kubeconfig with a token of the product's own account. */
  readonly kubeconfigs: Readonly<Record<'control' | 'movers', string>>;
  /** Whose declared objects the control worker acts on: several worlds share one cluster. */
  readonly watchNamespaces: string;
  /** Folder for logs and caches. */
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The three worker roles as host processes, so that a test may kill each of them at any moment. */
export interface HostWorkers {
  start(role: WorkerRole, environment?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL, as a crashed node or the kernel does it; resolves when the process is gone. */
  kill(role: WorkerRole): Promise<void>;
  /** SIGSTOP: what the server hands it from now on is taken and never answered, until it is killed or resumed. */
  freeze(role: WorkerRole): void;
  resume(role: WorkerRole): void;
  /** SIGTERM, and waits for the drain. */
  stop(role: WorkerRole): Promise<void>;
  /** Lets go of the role's process, so that another one can be started beside it. */
  leave(role: WorkerRole): { resume(): void; kill(): Promise<void> };
  /** Memory that the role's process holds, bytes. */
  residentBytes(role: WorkerRole): number;
  stopAll(): Promise<void>;
}

const STOP_SECONDS = 60;
let nextPort = 21_000 + (process.pid % 500) * 20;

export function createHostWorkers(options: HostWorkersOptions): HostWorkers {
  const running = new Map<WorkerRole, ChildProcess>();
  const left = new Set<ChildProcess>();
  // A test run that is interrupted, or whose world could not be made, must not leave its workers polling.
  process.once('exit', () => {
    for (const child of [...running.values(), ...left]) child.kill('SIGKILL');
  });
  const end = async (role: WorkerRole, signal: NodeJS.Signals): Promise<void> => {
    const child = running.get(role);
    if (!child) return;
    running.delete(role);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await ended;
  };
  return {
    async start(role, environment = {}) {
      const port = nextPort++;
      const child = spawn(process.execPath, [join(compiledRoot(), 'workers/main.js'), role], {
        env: { ...baseEnvironment(options, role, port), ...options.environment, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const log = createWriteStream(join(options.directory, `${role}-${port}.log`));
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      running.set(role, child);
      await until(`${role} worker ready (log: ${String(log.path)})`, STOP_SECONDS, async () => {
        if (child.exitCode !== null)
          throw new Error(`${role} worker ended with ${child.exitCode}: see ${String(log.path)}`);
        return (await fetch(`http://${options.platform.nodeAddress}:${port}/readyz`)).ok;
      });
    },
    kill: (role) => end(role, 'SIGKILL'),
    freeze: (role) => void running.get(role)?.kill('SIGSTOP'),
    resume: (role) => void running.get(role)?.kill('SIGCONT'),
    stop: (role) => end(role, 'SIGTERM'),
    leave(role) {
      const child = running.get(role);
      if (!child) throw new Error(`no ${role} worker runs`);
      running.delete(role);
      left.add(child);
      return {
        resume: () => void child.kill('SIGCONT'),
        async kill() {
          left.delete(child);
          const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
          child.kill('SIGKILL');
          await ended;
        },
      };
    },
    residentBytes(role) {
      const status = readFileSync(`/proc/${running.get(role)?.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    async stopAll() {
      await Promise.all([...running.keys()].map((role) => end(role, 'SIGTERM')));
    },
  };
}

function baseEnvironment(options: HostWorkersOptions, role: WorkerRole, port: number): NodeJS.ProcessEnv {
  const { platform, repository } = options;
  return {
    PATH: process.env.PATH,
    HOME: options.directory,
    STOWAGE_NAMESPACE: options.stowageNamespace,
    STOWAGE_TEMPORAL_ADDRESS: platform.temporal.address,
    STOWAGE_TEMPORAL_NAMESPACE: options.temporalNamespace,
    STOWAGE_HTTP_HOST: platform.nodeAddress,
    STOWAGE_HTTP_PORT: String(port),
    STOWAGE_SHUTDOWN_GRACE_SECONDS: '1',
    ...(role === 'repository'
      ? {
          STOWAGE_REPOSITORY: repository.name,
          STOWAGE_REPOSITORY_PATH: repository.path,
          STOWAGE_KOPIA: platform.tools.kopia,
          STOWAGE_CACHE_DIRECTORY: join(options.directory, 'kopia-cache'),
          KOPIA_PASSWORD: repository.password,
        }
      : {
          STOWAGE_KUBECONFIG: options.kubeconfigs[role],
          STOWAGE_KOPIA_IMAGE: platform.images.kopia,
          STOWAGE_IMAGE: options.stowageImage,
          STOWAGE_IMAGE_PULL_POLICY: 'Never',
          ...(role === 'control' ? { STOWAGE_WATCH_NAMESPACES: options.watchNamespaces } : {}),
          ...(role === 'movers' ? { STOWAGE_MOVER_REPORTS: `http://${platform.nodeAddress}:${port}` } : {}),
        }),
  };
}
