import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type Client,
  credentials,
  makeGenericClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadProtocol } from '../../platform/csi/protocol.ts';
import { unmountBackend } from '../../platform/csi/teardown.ts';
import { compiledRoot } from '../../platform/project.ts';
import { ensureKubernetesFiles } from '../../platform/toolchain/ensure.ts';

/** One call over a socket; rejects with gRPC's own error. */
export type Call = <T = Record<string, unknown>>(method: string, request?: object) => Promise<T>;

/** The compiled driver as a process with everything it needs in one temporary folder. */
export type DriverProcess = {
  readonly folder: string;
  readonly dataDirectory: string;
  readonly kubeletDirectory: string;
  readonly driver: Call;
  readonly registration: Call;
  readonly kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
  readonly start: () => Promise<void>;
  /** Ends it and removes every mount and file; returns when nothing is left. */
  readonly dispose: () => Promise<void>;
};

/** Starts a driver on a fresh folder. */
export async function startDriverProcess(backend: 'btrfs' | 'directory'): Promise<DriverProcess> {
  const main = join(compiledRoot(), 'platform/csi/main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: build the project, or set STOWAGE_DIST to a build of it`);
  const protoDirectory = join(await ensureKubernetesFiles(), 'protos');
  const protocol = await loadProtocol(protoDirectory);
  const folder = mkdtempSync(join(tmpdir(), 'csi-'));
  const at = (name: string): string => join(folder, name);
  const kubeletDirectory = at('kubelet');
  await mkdir(kubeletDirectory);
  const args = ['--socket', at('csi.sock'), '--registration-socket', at('reg.sock'), '--data-dir', at('data')];
  args.push('--driver-name', 'csi.test', '--node-id', 'node1', '--kubelet-dir', kubeletDirectory);
  args.push('--proto-dir', protoDirectory, '--backend', backend);

  let child: ChildProcess | undefined;
  const clients = new Map<string, Client>();
  const call =
    (socket: string, services: readonly ServiceDefinition[]): Call =>
    (method, request = {}) => {
      const service = services.find((definition) => method in definition);
      if (!service) throw new Error(`no service has the method ${method}`);
      const key = `${socket} ${Object.values(service)[0]?.path}`;
      const client =
        clients.get(key) ??
        new (makeGenericClientConstructor(service, 'test'))(`unix:${socket}`, credentials.createInsecure(), {
          'grpc.initial_reconnect_backoff_ms': 50,
          'grpc.max_reconnect_backoff_ms': 200,
        });
      clients.set(key, client);
      const { path, requestSerialize, responseDeserialize } = service[method]!;
      return new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + 10_000, (notReady) => {
          if (notReady) return reject(notReady);
          client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            (error: ServiceError | null, value) => (error ? reject(error) : resolve(value)),
          );
        });
      });
    };
  const kill = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => running.once('exit', resolve));
    running.kill(signal);
    return ended;
  };
  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'inherit', 'pipe'] });
    child = started;
    const lines: string[] = [];
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: started.stderr! }).on('line', (line) => {
        lines.push(line);
        if (line.includes('"serving"')) resolve();
      });
      started.once('exit', (code) => reject(new Error(`the driver ended (${code}):\n${lines.join('\n')}`)));
    });
  };
  await start();
  return {
    folder,
    dataDirectory: at('data'),
    kubeletDirectory,
    driver: call(at('csi.sock'), [protocol.identity, protocol.controller, protocol.node]),
    registration: call(at('reg.sock'), [protocol.registration]),
    kill,
    start,
    dispose: async () => {
      for (const client of clients.values()) client.close();
      await kill('SIGTERM');
      await unmountBackend(at('data'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
