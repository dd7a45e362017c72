import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createKubectl, type Kubectl } from '../system/kubectl.ts';
import { until } from '../system/until.ts';
import { freePort } from './temporal-dev-server.ts';

export interface ApiServer {
  readonly kubectl: Kubectl;
  stop(): Promise<void>;
}

/**
 * A real API server with a store of its own and without controllers or nodes, for what needs other arguments than the
 * platform's. `tools` are the platform's.
 */
export async function startApiServer(
  tools: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-api-server-'));
  const at = (file: string): string => join(folder, file);
  const [port, clients, peers] = [await freePort(), await freePort(), await freePort()];
  const token = randomUUID();
  const store = `http://127.0.0.1:${clients}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(at('service-account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  await writeFile(at('tokens'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  await writeFile(at('kubeconfig'), kubeconfig(`https://127.0.0.1:${port}`, token), { mode: 0o600 });

  const processes: ChildProcess[] = [];
  const start = (tool: string, toolArgs: readonly string[]): void => {
    const child = spawn(tools[tool]!, toolArgs, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr?.pipe(createWriteStream(at(`${tool}.log`)));
    // A test file that ends early must not leave its servers behind.
    const onExit = (): void => void child.kill('SIGKILL');
    process.once('exit', onExit);
    child.once('exit', () => process.removeListener('exit', onExit));
    processes.push(child);
  };
  const stop = async (): Promise<void> => {
    for (const child of processes.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };

  start('etcd', [
    ...[`--data-dir=${at('etcd')}`, `--listen-client-urls=${store}`, `--advertise-client-urls=${store}`],
    ...[`--listen-peer-urls=http://127.0.0.1:${peers}`, '--unsafe-no-fsync', '--log-level=error'],
  ]);
  start('kube-apiserver', [
    ...[`--etcd-servers=${store}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${at('certs')}`],
    ...[`--token-auth-file=${at('tokens')}`, '--authorization-mode=RBAC', '--service-cluster-ip-range=10.97.0.0/24'],
    ...['--endpoint-reconciler-type=none', '--service-account-issuer=https://kubernetes.default.svc.cluster.local'],
    ...['signing-key', 'key'].map((use) => `--service-account-${use}-file=${at('service-account.key')}`),
    ...args,
  ]);
  const kubectl = createKubectl(tools.kubectl!, at('kubeconfig'));
  try {
    await until('an API server that is ready', 90, async () => {
      await kubectl.run('get', '--raw', '/readyz');
      return true;
    });
  } catch (error) {
    const log = await readFile(at('kube-apiserver.log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`the API server did not get ready: ${log.slice(-2000)}`, { cause: error });
  }
  return { kubectl, stop };
}

const kubeconfig = (server: string, token: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    // The server signs a certificate for itself at its start.
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
