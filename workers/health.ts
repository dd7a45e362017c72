import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer of a probe: `ok`, or why not in one sentence. */
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface HealthChecks {
  /** False only when a restart of the process is the cure. */
  live(): Verdict;
  /** Does this process take work now? */
  ready(): Promise<Verdict>;
  metricsPage(): Promise<string>;
  readonly metricsContentType: string;
  /** Takes what a mover pushes; false when the path is none of a mover's. */
  receive(path: string, page: string): boolean;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`. It starts before Temporal is reached, so that a worker that waits is seen
 * as alive and not ready.
 * @throws Error of Node when the port is taken.
 */
export async function startHealthServer(
  checks: HealthChecks,
  listen: { readonly host: string; readonly port: number },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method === 'PUT' && path) {
      takePush(path, request, checks, response).catch(() => send(response, 400, 'not understood\n'));
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'method not allowed\n');
    answer(path, checks, response).catch((error: unknown) =>
      send(response, 500, `${error instanceof Error ? error.message : 'failed'}\n`),
    );
  });
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Kopia's page is some 30 KiB; what is much larger is none. */
const MAX_PUSH_BYTES = 1024 * 1024;

async function takePush(
  path: string,
  request: IncomingMessage,
  checks: HealthChecks,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_PUSH_BYTES) return send(response, 413, 'too large\n');
    chunks.push(chunk);
  }
  const taken = checks.receive(path, Buffer.concat(chunks).toString('utf8'));
  send(response, taken ? 200 : 404, taken ? 'ok\n' : 'not found\n');
}

async function answer(path: string | undefined, checks: HealthChecks, response: ServerResponse): Promise<void> {
  switch (path) {
    case '/healthz':
      return sendVerdict(response, checks.live());
    case '/readyz':
      return sendVerdict(response, await checks.ready());
    case '/metrics':
      return send(response, 200, await checks.metricsPage(), checks.metricsContentType);
    default:
      return send(response, 404, 'not found: /healthz, /readyz and /metrics are here\n');
  }
}

const sendVerdict = (response: ServerResponse, verdict: Verdict): void =>
  verdict.ok ? send(response, 200, 'ok\n') : send(response, 503, `${verdict.reason}\n`);

function send(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
