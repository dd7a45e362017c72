import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterOptions, type ConnectedCluster, connectCluster } from '../../../activities/kubernetes/client.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Answers one request; the last one of a script answers all that follow. */
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

export interface ScriptedServer {
  readonly cluster: ConnectedCluster;
  readonly requests: readonly SeenRequest[];
  /** TCP connections that were made. */
  connections(): number;
  close(): Promise<void>;
}

/** An API server that says what a test tells it to, request by request, and a client of it. */
export async function startScriptedServer(
  answers: readonly Answer[],
  options: ClusterOptions & { readonly tokenFile?: string } = {},
): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
      const { authorization } = request.headers;
      const seen = { method: request.method ?? '', path: pathname, query: searchParams, authorization, body };
      requests.push(seen);
      answers[Math.min(requests.length, answers.length) - 1]?.(response, seen);
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'stowage-test-'));
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, kubeconfig((server.address() as AddressInfo).port, options.tokenFile));
  const cluster = connectCluster({ type: 'Kubeconfig', path }, options);
  return {
    cluster,
    requests,
    connections: () => connections,
    async close() {
      cluster.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function kubeconfig(port: number, tokenFile: string | undefined): string {
  const user = tokenFile
    ? { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }
    : { token: 'secret-token-of-the-test' };
  return JSON.stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user }],
  });
}

/** Answers with JSON. */
export const json =
  (code: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** Answers with a `Status`. */
export const status = (
  code: number,
  reason: string,
  message: string,
  details?: object,
  headers?: Record<string, string>,
): Answer => json(code, { kind: 'Status', code, reason, message, ...(details && { details }) }, headers);

/** Answers with a stream: the lines, then `end` says what becomes of the connection. */
export const stream =
  (lines: readonly (object | string)[], end: 'end' | 'break' | 'stay' = 'end'): Answer =>
  (response) => {
    response.writeHead(200);
    for (const line of lines) response.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    if (lines.length === 0) response.flushHeaders();
    if (end === 'end') response.end();
    // Lets what was written arrive first.
    if (end === 'break') setTimeout(() => response.socket?.resetAndDestroy(), 20);
  };

/** A ConfigMap as the API writes it. */
export const configMap = (name: string, version: number, uid = `uid-${name}`) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'demo', uid, resourceVersion: String(version) },
});

export const initialEventsEnd = (version: number) => ({
  type: 'BOOKMARK',
  object: { metadata: { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } } },
});
