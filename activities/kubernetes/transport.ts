import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AccessProvider } from './access.ts';
import { ApiError, NetworkError, readStatus } from './api-errors.ts';
import type { RequestCounter } from './request-counter.ts';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** For the counter: `create`, `Job`. */
  readonly verb: string;
  readonly kind: string;
}

/** A stream's answer must begin within `headersMilliseconds`; undefined where silence is legitimate. */
export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly headersMilliseconds?: number;
}

/** The largest answer or error body that is read, bytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** HTTP to the API server: pooled connections, deadlines, and only ApiError, NetworkError or a credential's PortError. */
export class Transport {
  readonly #access: AccessProvider;
  readonly #counter: RequestCounter;
  readonly #timeoutMilliseconds: number;

  constructor(access: AccessProvider, counter: RequestCounter, timeoutMilliseconds: number) {
    this.#access = access;
    this.#counter = counter;
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  /** Sends a request and reads its JSON answer. Throws ApiError for a status of 400 and above, NetworkError without an answer. */
  async send(request: ApiRequest, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    const deadline = signal ? AbortSignal.any([signal, timeout]) : timeout;
    const text = await this.#connect(request, deadline, async (response) => {
      const body = await readBody(response);
      if ((response.statusCode ?? 0) >= 400) throw apiError(response, body);
      return body;
    });
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (cause) {
      throw new NetworkError('the API server answered with something that is not JSON', { cause });
    }
  }

  /** Opens an answer that is read while it arrives. The caller destroys it; the signal does so too. */
  async open(request: ApiRequest, { signal, headersMilliseconds }: StreamOptions): Promise<IncomingMessage> {
    const headers = new AbortController();
    const timer =
      headersMilliseconds === undefined ? undefined : setTimeout(() => headers.abort(), headersMilliseconds);
    try {
      return await this.#connect(request, AbortSignal.any([signal, headers.signal]), async (response) => {
        if ((response.statusCode ?? 0) < 400) return response;
        throw apiError(response, await readBody(response));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect<T>(
    request: ApiRequest,
    signal: AbortSignal,
    use: (response: IncomingMessage) => Promise<T>,
    retried = false,
  ): Promise<T> {
    const { server, agent, headers } = await this.#access.get();
    this.#counter.add(request.verb, request.kind);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
    const query = new URLSearchParams(request.query).toString();
    const path = `${server.pathname.replace(/\/$/, '')}${request.path}${query && `?${query}`}`;
    const outgoing = send({
      ...{ protocol: server.protocol, hostname: server.hostname.replace(/^\[|\]$/g, ''), port: server.port },
      ...{ method: request.method, path, agent, signal },
      headers: {
        accept: 'application/json',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    });
    try {
      return await use(
        await new Promise<IncomingMessage>((resolve, reject) => {
          outgoing.once('response', resolve);
          // Stays for the lifetime of the request: a late error without a listener would end the process.
          outgoing.on('error', reject);
          outgoing.end(body);
        }),
      );
    } catch (error) {
      if (error instanceof ApiError || error instanceof NetworkError) throw error;
      // The server may have closed a pooled connection in the very moment it was taken again.
      if (outgoing.reusedSocket && !retried && !signal.aborted) return this.#connect(request, signal, use, true);
      throw networkError(error, server, signal, this.#timeoutMilliseconds);
    }
  }
}

function apiError(response: IncomingMessage, body: string): ApiError {
  return new ApiError(readStatus(response.statusCode ?? 0, body, response.headers['retry-after']));
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new NetworkError(`the API server's answer is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function networkError(cause: unknown, server: URL, signal: AbortSignal, timeoutMilliseconds: number): NetworkError {
  const code = (cause as { code?: string }).code ?? 'connection failed';
  const text = signal.aborted ? `no answer within ${timeoutMilliseconds / 1000} s` : code;
  return new NetworkError(`the Kubernetes API server at ${server.host} cannot be reached (${text})`, { cause });
}
