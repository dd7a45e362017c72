import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { Network } from '../layout/network.ts';
import type { Paths } from '../layout/paths.ts';

/** Reads one path of the API server as administrator; answers status 0 when it cannot be reached. */
export type ApiGet = (path: string) => Promise<{ status: number; body: string }>;

/** A reader of the platform's own API server, light enough to poll with during the boot. Close it when done. */
export async function createApiGet(paths: Paths, network: Network): Promise<{ get: ApiGet; close: () => void }> {
  const read = (file: string): Promise<Buffer> => readFile(join(paths.pki, file));
  const [ca, cert, key] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')]);
  const agent = new Agent({ ca, cert, key, keepAlive: true });
  const get: ApiGet = (path) =>
    new Promise((resolve) => {
      const options = { host: network.nodeAddress, port: network.ports.apiserver, path, agent, timeout: 2000 };
      const call = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve({ status: 0, body: '' }));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      });
      call.on('timeout', () => call.destroy());
      call.on('error', () => resolve({ status: 0, body: '' }));
      call.end();
    });
  return { get, close: () => agent.destroy() };
}
