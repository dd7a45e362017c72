import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import { serverStartArguments } from './arguments.ts';
import { classifyKopiaError } from './errors.ts';
import { type KopiaEnvironment, spawnKopia } from './process.ts';

/**
 * A Kopia that stays open and answers in milliseconds, for this process alone: a Unix socket in a private directory,
 * a random password, read-only by its configuration. It ends with its parent (its standard input closes).
 */
export interface KopiaServer {
  /** GET or POST of an API path; resolves with the response of status 200. Throws PortError. */
  request(
    path: string,
    options?: { readonly method?: 'GET' | 'POST'; readonly body?: string },
  ): Promise<IncomingMessage>;
  /** False once the process has ended. */
  readonly running: boolean;
  stop(): Promise<void>;
}

export interface KopiaServerOptions {
  readonly binary: string;
  readonly environment: KopiaEnvironment;
  /** Where the socket's private directory is made; keep it short, a socket path has at most 107 bytes. */
  readonly socketRoot: string;
  readonly startTimeoutMilliseconds: number;
  /** How long a request may be silent before the server counts as gone. */
  readonly silenceTimeoutMilliseconds: number;
}

const USER = 'stowage';
const STOP_TIMEOUT_MILLISECONDS = 5_000;
const MAX_SOCKETS = 16;
const MAX_SAID_LENGTH = 64 * 1024;

/** Starts the server and waits until it listens. Throws PortError with the reason that Kopia gives. */
export async function startKopiaServer(options: KopiaServerOptions): Promise<KopiaServer> {
  const directory = await mkdtemp(join(options.socketRoot, 'kopia-'));
  const socketPath = join(directory, 's');
  const password = randomBytes(24).toString('base64url');
  const extra = { KOPIA_SERVER_USERNAME: USER, KOPIA_SERVER_PASSWORD: password };
  const child = spawnKopia(
    {
      binary: options.binary,
      args: serverStartArguments({ socketPath }),
      environment: { ...options.environment, extra: { ...options.environment.extra, ...extra } },
    },
    'pipe',
  );
  const ended = endOf(child).then(async (end) => {
    await rm(directory, { recursive: true, force: true });
    return end;
  });
  try {
    await listening(child, ended, options);
  } catch (error) {
    await stopChild(child, ended);
    throw error;
  }
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const auth = `${USER}:${password}`;
  return {
    request: async (path, { method = 'GET', body } = {}) => {
      try {
        return await call({ socketPath, path, method, auth, agent, timeout: options.silenceTimeoutMilliseconds }, body);
      } catch (error) {
        // A broken connection is the end of the process; whoever asks next shall not meet a dying one.
        if (error instanceof ServerGone) await stopChild(child, ended);
        throw error;
      }
    },
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    stop: async () => {
      agent.destroy();
      await stopChild(child, ended);
    },
  };
}

/** The process ended, or is about to. */
export class ServerGone extends PortError {
  constructor(cause: Error) {
    super(FailureType.RepositoryUnreachable, `Kopia's server went away: ${cause.message}`, { cause });
  }
}

interface Ended {
  readonly said: string;
  readonly startError?: Error;
}

function endOf(child: ChildProcess): Promise<Ended> {
  let said = '';
  const collect = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-MAX_SAID_LENGTH);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return new Promise((resolve) => {
    child.once('error', (startError) => resolve({ said, startError }));
    child.once('close', () => resolve({ said }));
  });
}

function listening(child: ChildProcess, ended: Promise<Ended>, options: KopiaServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const slow = new PortError(FailureType.RepositoryUnreachable, 'Kopia could not open the repository in time');
    const timer = setTimeout(() => reject(slow), options.startTimeoutMilliseconds);
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < MAX_SAID_LENGTH) said += chunk.toString('utf8');
      if (said.includes('SERVER ADDRESS:')) {
        clearTimeout(timer);
        resolve();
      }
    });
    void ended.then((end) => {
      clearTimeout(timer);
      reject(startFailure(end, options));
    });
  });
}

function startFailure(end: Ended, options: KopiaServerOptions): PortError {
  if (end.startError) {
    return new PortError(
      FailureType.MoverFailed,
      `Kopia could not be started from '${options.binary}': ${end.startError.message}`,
      { cause: end.startError, retryable: false },
    );
  }
  const failure = classifyKopiaError(end.said, {
    secrets: [options.environment.password, ...Object.values(options.environment.extra ?? {})],
  });
  return new PortError(failure.type, failure.message, {
    ...(failure.retryable === undefined ? {} : { retryable: failure.retryable }),
  });
}

interface Call {
  readonly socketPath: string;
  readonly path: string;
  readonly method: string;
  readonly auth: string;
  readonly agent: Agent;
  readonly timeout: number;
}

function call(options: Call, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = httpRequest({ ...options, headers }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      readText(response).then((text) => reject(refused(options.path, response.statusCode ?? 0, text)), reject);
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (cause) => reject(new ServerGone(cause)));
    outgoing.end(body);
  });
}

function refused(path: string, status: number, text: string): PortError {
  const failure = classifyKopiaError(text.replace(/[{}"\n]/g, ' ').trim());
  return new PortError(failure.type, `${path.split('?')[0]} answered ${status}: ${failure.message}`);
}

/** The whole body as text. */
export async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function stopChild(child: ChildProcess, ended: Promise<Ended>): Promise<void> {
  child.stdin?.destroy();
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MILLISECONDS);
  await ended;
  clearTimeout(timer);
}
