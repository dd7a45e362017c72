import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { SearchAttribute } from '../../workflows/progress.ts';

export interface DevServer {
  readonly address: string;
  readonly connection: Connection;
  readonly client: Client;
  /** Ends the process the hard way; with a database file the next start goes on from there. */
  kill(): Promise<void>;
}

export interface DevServerOptions {
  /** Keeps the state across a kill. */
  readonly databaseFile?: string;
  readonly port?: number;
}

/** Path of the `temporal` command line, which the set-up of the test project found or built. */
function temporalBinary(): string {
  const path = process.env.STOWAGE_TEMPORAL;
  if (!path) throw new Error('STOWAGE_TEMPORAL is not set: run this in the vitest project `temporal`, or set it');
  return path;
}

/** A real `temporal server start-dev` on a free port of this machine, with Stowage's search attributes. */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const port = options.port ?? (await freePort());
  const attributes = Object.values(SearchAttribute).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  const child = spawn(
    temporalBinary(),
    [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'never'],
      ...(options.databaseFile ? ['--db-filename', options.databaseFile] : []),
      ...attributes,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // A test file that ends early must not leave its server behind.
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  child.once('exit', () => process.removeListener('exit', onExit));
  const address = `127.0.0.1:${port}`;
  const connection = await connect(address, child, () => stderr);
  return {
    address,
    connection,
    client: new Client({ connection }),
    async kill() {
      await connection.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function connect(address: string, child: ChildProcess, stderr: () => string): Promise<Connection> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`temporal ended with ${child.exitCode}: ${stderr()}`);
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2s' });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return connection;
    } catch (error) {
      if (Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`temporal did not answer at ${address}: ${stderr()}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
