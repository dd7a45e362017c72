import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { PortError } from '../ports/port-error.ts';

/** Which cluster, and as whom. */
export type ClusterLocation =
  | { readonly type: 'Kubeconfig'; readonly path: string; readonly context?: string }
  /** The pod's own service account; KUBERNETES_SERVICE_HOST and _PORT say where (a cluster may have no DNS). */
  | { readonly type: 'InCluster' };

/** What a request needs: where to, over which connections, and who asks. */
export interface Access {
  readonly server: URL;
  readonly agent: HttpAgent | HttpsAgent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Token files are read again by the client once a minute; asking it more often than this gains nothing. */
const REFRESH_MILLISECONDS = 10_000;

/** Dead peers are noticed by the kernel after this long, plus ten probes of a second. */
const KEEP_ALIVE_MILLISECONDS = 15_000;

/** Credentials that follow rotation, with one pool of connections for as long as certificates stay the same. */
export class AccessProvider {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();
  #current: Access | undefined;
  #readAt = 0;

  /** Throws PortError InvalidSpec when the kubeconfig or its context can't be used. */
  constructor(location: ClusterLocation) {
    this.#config = loadConfig(location);
    const cluster = this.#config.getCurrentCluster();
    if (!cluster?.server) throw new PortError('InvalidSpec', `the kubeconfig's context names no cluster with a server`);
    this.#server = new URL(cluster.server);
  }

  /** Throws PortError ClusterUnreachable when a credential can't be read. */
  async get(): Promise<Access> {
    if (this.#current && Date.now() - this.#readAt < REFRESH_MILLISECONDS) return this.#current;
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw new PortError('ClusterUnreachable', 'cannot read the credentials for the Kubernetes API server', { cause });
    }
    const basic = options.auth ? { authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` } : {};
    this.#current = {
      server: this.#server,
      agent: this.#agentFor(options),
      headers: { ...basic, ...(options.headers as Record<string, string>) },
    };
    this.#readAt = Date.now();
    return this.#current;
  }

  /** Ends every open connection. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    this.#current = undefined;
  }

  #agentFor(options: RequestOptions): HttpAgent | HttpsAgent {
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const identity = JSON.stringify([ca, cert, key].map((part) => part?.toString()));
    const known = this.#agents.get(identity);
    if (known) return known;
    const agent = this.#createAgent(options, {
      ...{ ca, cert, key },
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      ...(servername === undefined ? {} : { servername }),
    });
    this.#agents.set(identity, agent);
    return agent;
  }

  #createAgent(options: RequestOptions, tls: AgentOptions): HttpAgent | HttpsAgent {
    // The client's own agents open a connection for each request, but they know proxies.
    if (this.#config.getCurrentCluster()?.proxyUrl) return options.agent as HttpAgent;
    const pooled = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MILLISECONDS, scheduling: 'lifo' as const };
    return this.#server.protocol === 'http:' ? new HttpAgent(pooled) : new HttpsAgent({ ...tls, ...pooled });
  }
}

function loadConfig(location: ClusterLocation): KubeConfig {
  const config = new KubeConfig();
  if (location.type === 'InCluster') {
    config.loadFromCluster();
    return config;
  }
  try {
    config.loadFromFile(location.path);
  } catch (cause) {
    throw new PortError('InvalidSpec', `cannot read the kubeconfig ${location.path}: give the path of a readable one`, {
      cause,
    });
  }
  if (location.context !== undefined) {
    if (!config.getContextObject(location.context)) {
      const names = config.getContexts().map(({ name }) => name);
      throw new PortError(
        'InvalidSpec',
        `the kubeconfig ${location.path} has no context '${location.context}': it has ${names.join(', ') || 'none'}`,
      );
    }
    config.setCurrentContext(location.context);
  }
  return config;
}
