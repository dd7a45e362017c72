import { type ChildProcess, spawn } from 'node:child_process';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** What one Kopia process needs; nothing of the worker's own environment reaches it. */
export interface KopiaEnvironment {
  readonly configPath: string;
  /** Goes into the process's environment only, never into an argv or a file. */
  readonly password: string;
  /** A private directory for HOME and temporary files. */
  readonly homeDirectory: string;
  /** More variables, by exact name. */
  readonly extra?: Readonly<Record<string, string>>;
}

export interface KopiaRun {
  readonly binary: string;
  readonly args: readonly string[];
  readonly environment: KopiaEnvironment;
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
}

export interface KopiaOutcome {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Kopia to its end, whatever its exit code. Throws PortError, or the reason of an aborted signal. */
export type RunKopia = (run: KopiaRun) => Promise<KopiaOutcome>;

/** Kopia stops within a second on SIGTERM; what takes longer hangs on its storage. */
const KILL_AFTER_MILLISECONDS = 5_000;

/** A listing of 100,000 snapshots has about 70 MB; beyond this something is wrong. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** New files for owner and group: Kopia's file modes are cut by the umask (design.md decision 16). */
const UMASK = 0o007;

/** Starts Kopia: argv only, allow-listed environment, no shell, no standard input unless asked for. */
export function spawnKopia(
  run: Pick<KopiaRun, 'binary' | 'args' | 'environment'>,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  return withUmask(() =>
    spawn(run.binary, run.args, {
      env: environmentOf(run.environment),
      cwd: run.environment.homeDirectory,
      stdio: [stdin, 'pipe', 'pipe'],
      shell: false,
    }),
  );
}

export const runKopia: RunKopia = (run) =>
  new Promise((resolve, reject) => {
    run.signal?.throwIfAborted();
    const child = spawnKopia(run);
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[], bytes: 0 };
    let failure: unknown;

    const stop = (reason: unknown): void => {
      if (failure !== undefined) return;
      failure = reason;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MILLISECONDS).unref();
    };
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      output.bytes += chunk.length;
      if (output.bytes <= MAX_OUTPUT_BYTES) into.push(chunk);
      else stop(new PortError(FailureType.MoverFailed, `Kopia wrote more than ${MAX_OUTPUT_BYTES} bytes`));
    };
    const timer = setTimeout(() => stop(timedOut(run)), run.timeoutMilliseconds);
    const aborted = (): void => stop(run.signal?.reason);
    run.signal?.addEventListener('abort', aborted, { once: true });
    child.stdout?.on('data', collect(output.stdout));
    child.stderr?.on('data', collect(output.stderr));

    const settle = (act: () => void): void => {
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', aborted);
      act();
    };
    child.once('error', (cause) => settle(() => reject(failure ?? cannotStart(run.binary, cause))));
    child.once('close', (exitCode) =>
      settle(() => {
        if (failure !== undefined) return reject(failure);
        resolve({ exitCode, stdout: textOf(output.stdout), stderr: textOf(output.stderr) });
      }),
    );
  });

const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('utf8');

const timedOut = (run: KopiaRun): PortError =>
  new PortError(
    FailureType.RepositoryUnreachable,
    `Kopia did not end 'kopia ${run.args.slice(0, 2).join(' ')}' within ${Math.round(run.timeoutMilliseconds / 1000)} s; its storage may hang`,
  );

const cannotStart = (binary: string, cause: Error): PortError =>
  new PortError(FailureType.MoverFailed, `Kopia could not be started from '${binary}': ${cause.message}`, {
    cause,
    retryable: false,
  });

function environmentOf(environment: KopiaEnvironment): Record<string, string> {
  return {
    HOME: environment.homeDirectory,
    TMPDIR: environment.homeDirectory,
    // Kopia cuts hours and days of retention in local time; movers run in UTC too.
    TZ: 'UTC',
    KOPIA_CONFIG_PATH: environment.configPath,
    KOPIA_PASSWORD: environment.password,
    KOPIA_LOG_DIR: `${environment.homeDirectory}/logs`,
    KOPIA_CHECK_FOR_UPDATES: 'false',
    KOPIA_PERSIST_CREDENTIALS_ON_CONNECT: 'false',
    KOPIA_DISABLE_COLOR: 'true',
    ...environment.extra,
  };
}

/** Node can't give a child its own umask; spawning is synchronous, so the change is never seen by anything else. */
function withUmask<T>(act: () => T): T {
  const previous = process.umask(UMASK);
  try {
    return act();
  } finally {
    process.umask(previous);
  }
}
