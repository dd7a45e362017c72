import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../errors.ts';
import { ensureTools } from '../toolchain/ensure.ts';
import type { Log } from '../toolchain/progress.ts';

export type S3ServerOptions = {
  /** Address to listen on: `127.0.0.1` for this machine alone, the platform's `nodeAddress` for pods too. */
  readonly host?: string;
  /** A free one where left out; say it to start a stopped server again where clients look for it. */
  readonly port?: number;
  /** Folder of the buckets, kept when the server ends. A temporary one that goes with the server where left out. */
  readonly directory?: string;
  readonly keys?: S3Keys;
  readonly onProgress?: Log;
};

export type S3Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** A real S3 server (versitygw) of its own, over plain HTTP. */
export type S3Server = S3Keys & {
  /** `host:port`, as KOPIA_S3_ENDPOINT takes it. */
  readonly endpoint: string;
  readonly port: number;
  /** A folder for each bucket, a file for each object: a test may look and damage. */
  readonly directory: string;
  /** Makes a bucket, which is a folder. */
  createBucket(name: string): Promise<string>;
  /** The Secret by which movers and the repository's worker use a bucket; with the repository's password. */
  secretValues(place: { readonly bucket: string; readonly prefix?: string }, password: string): Record<string, string>;
  /** Ends the process; a temporary folder goes with it. */
  stop(): Promise<void>;
};

const READY_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 5_000;
const HEALTH_PATH = '/healthz';

/**
 * Starts an S3 server and waits until it answers. It ends with this process at the latest.
 * @throws PlatformError with the server's own words when it does not get ready.
 */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { host = '127.0.0.1', keys = randomKeys() } = options;
  const { versitygw } = await ensureTools(['versitygw'], options.onProgress ? { onProgress: options.onProgress } : {});
  const port = options.port ?? (await freePort(host));
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'stowage-s3-')));
  await mkdir(directory, { recursive: true });
  const remove = async (): Promise<void> => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  const args = ['--port', `${host}:${port}`, '--health', HEALTH_PATH, '--quiet', 'posix', directory];
  const child = spawn(versitygw!, args, {
    // Keys by environment: an argv is seen by everybody on the machine.
    env: { PATH: process.env.PATH, ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  child.once('exit', () => process.removeListener('exit', onExit));
  const endpoint = `${host}:${port}`;
  try {
    await untilReady(child, `http://${endpoint}${HEALTH_PATH}`);
  } catch (error) {
    await end(child);
    await remove();
    throw error;
  }
  return {
    ...keys,
    endpoint,
    port,
    directory,
    async createBucket(name) {
      const path = join(directory, name);
      await mkdir(path);
      return path;
    },
    secretValues: ({ bucket, prefix = '' }, password) => ({
      KOPIA_REPOSITORY: `s3://${bucket}/${prefix}`,
      KOPIA_PASSWORD: password,
      KOPIA_S3_ENDPOINT: endpoint,
      KOPIA_S3_DISABLE_TLS: 'true',
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    }),
    async stop() {
      await end(child);
      await remove();
    },
  };
}

const randomKeys = (): S3Keys => ({
  accessKeyId: `stowage${randomBytes(8).toString('hex')}`,
  secretAccessKey: randomBytes(24).toString('base64url'),
});

async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new PlatformError(`no free port on ${host}`);
  return address.port;
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  const collect = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-4_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + READY_MILLISECONDS;
  for (;;) {
    if (failure || child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      throw new PlatformError(`the S3 server does not answer at ${url}: ${failure?.message ?? said.trim()}`);
    }
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await exited;
  clearTimeout(timer);
}
