import { once } from 'node:events';
import { createServer } from 'node:net';
import { Runtime } from '@temporalio/worker';
import type { DestinationStream } from 'pino';
import type { WorkerConfig } from './config.ts';
import { createLogger, createTemporalLogger, type Logger } from './logging.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createRedactor, type Redactor } from './redaction.ts';
import { WorkerRole } from './role.ts';

/** Logs, metrics and what keeps secrets out of them: made once a process. */
export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
  /** Our metrics and Temporal's on one page. */
  metricsPage(): Promise<string>;
}

export interface TelemetryOptions {
  /** Values that must never be written. */
  readonly secrets: readonly string[];
  readonly destination?: DestinationStream;
}

/** How long the scrape of Temporal's own exporter on the loopback may take, milliseconds. */
const SCRAPE_MILLISECONDS = 2_000;

/**
 * Installs Temporal's runtime of this process with our log and metrics. Signals stay ours: Temporal's own handlers know
 * no second SIGTERM.
 * @throws IllegalStateError when a runtime was installed before.
 */
export async function createTelemetry(config: WorkerConfig, options: TelemetryOptions): Promise<Telemetry> {
  const redactor = createRedactor(options.secrets);
  const log = createLogger({
    level: config.logLevel,
    redactor,
    fields: {
      role: config.role,
      ...(config.role === WorkerRole.Repository ? { repository: config.repository.name } : {}),
    },
    ...(options.destination ? { destination: options.destination } : {}),
  });
  const metrics = createMetrics(config.role);
  const exporter = `127.0.0.1:${await freeLoopbackPort()}`;
  Runtime.install({
    logger: createTemporalLogger(log.child({ component: 'temporal' })),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: { core: config.logLevel === 'debug' ? 'DEBUG' : 'WARN', other: 'ERROR' } },
      metrics: { prometheus: { bindAddress: exporter, countersTotalSuffix: true, useSecondsForDurations: true } },
    },
  });
  return {
    log,
    metrics,
    redactor,
    async metricsPage() {
      const [ours, temporals] = await Promise.all([metrics.page(), scrape(`http://${exporter}/metrics`)]);
      return `${ours}\n${temporals}`;
    },
  };
}

/** The exporter can't tell which port it took, so one that is free is chosen for it. */
async function freeLoopbackPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

/** A page that is missing is told, not thrown: our own metrics are worth more than an error. */
async function scrape(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_MILLISECONDS) });
    return await response.text();
  } catch {
    return "# Temporal's own metrics could not be read\n";
  }
}
