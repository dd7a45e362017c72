import { request } from 'node:http';
import { tryRun } from '../host/run.ts';
import { DRIVER_NAME } from '../layout/paths.ts';
import { type ApiGet, createApiGet } from './api-client.ts';
import type { ComponentName } from './components.ts';
import type { BootContext } from './context.ts';
import { NODE_NAME } from './node-config.ts';
import { socketAnswers } from './supervise.ts';

/** Checks that a component does its work, not only that its process lives. */
export type ReadyChecks = {
  readonly check: (name: ComponentName) => Promise<boolean>;
  readonly nodeReady: () => Promise<boolean>;
  readonly driverRegistered: () => Promise<boolean>;
  readonly defaultAccount: () => Promise<boolean>;
  readonly close: () => void;
};

/** Builds the checks of one platform; they never throw. Close them when done. */
export async function createReadyChecks(context: BootContext): Promise<ReadyChecks> {
  const { paths, network } = context;
  const api = await createApiGet(paths, network);
  const found = async (path: string): Promise<boolean> => (await api.get(path)).status === 200;
  const checks: Partial<Record<ComponentName, () => Promise<boolean>>> = {
    containerd: () => socketAnswers(paths.containerdSocket),
    etcd: async () => (await httpStatus(network.loopback.etcd, '/health')) === 200,
    temporal: () => temporalAnswers(context),
    'kube-apiserver': () => found('/readyz'),
    'csi-driver': () => socketAnswers(paths.csiSocket),
    kubelet: async () => (await httpStatus(network.loopback.kubeletHealth, '/healthz')) === 200,
  };
  return {
    check: (name) => checks[name]?.() ?? Promise.resolve(true),
    nodeReady: () => nodeReady(api.get),
    driverRegistered: () => driverRegistered(api.get),
    defaultAccount: () => found('/api/v1/namespaces/default/serviceaccounts/default'),
    close: api.close,
  };
}

async function temporalAnswers({ tools, network }: BootContext): Promise<boolean> {
  const address = `${network.temporalAddress}:${network.ports.temporal}`;
  const args = ['operator', 'cluster', 'health', '--address', address, '--disable-config-file', '--disable-config-env'];
  return (await tryRun(tools.temporal ?? 'temporal', args, { timeoutSeconds: 5 })).exitCode === 0;
}

async function nodeReady(get: ApiGet): Promise<boolean> {
  const answer = await get(`/api/v1/nodes/${NODE_NAME}`);
  if (answer.status !== 200) return false;
  const node = JSON.parse(answer.body) as { status?: { conditions?: { type: string; status: string }[] } };
  return (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function driverRegistered(get: ApiGet): Promise<boolean> {
  const answer = await get(`/apis/storage.k8s.io/v1/csinodes/${NODE_NAME}`);
  if (answer.status !== 200) return false;
  const node = JSON.parse(answer.body) as { spec?: { drivers?: { name: string }[] | null } };
  return (node.spec?.drivers ?? []).some(({ name }) => name === DRIVER_NAME);
}

function httpStatus(port: number, path: string): Promise<number> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(0));
    call.end();
  });
}
