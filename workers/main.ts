#!/usr/bin/env node
// One worker process: `node dist/workers/main.js control|movers|repository [--config FILE]`. The only file that reads the environment.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError, parseWorkerConfig, type WorkerConfig } from './config.ts';
import { CONFIG_VARIABLE, type Environment, ROLE_VARIABLE } from './environment.ts';
import { startHealthServer } from './health.ts';
import { createLifecycle, Phase } from './lifecycle.ts';
import { createRedactor, secretsOf } from './redaction.ts';
import { loadRole } from './roles.ts';
import { createPasswordSource, readStoreAccess } from './secrets.ts';
import { createTelemetry } from './telemetry.ts';
import { checkTemporal, connectTemporal } from './temporal-connection.ts';
import { createUploadInbox } from './upload-reports.ts';

const USAGE = 'usage: main.js control|movers|repository [--config FILE]   (or STOWAGE_ROLE, STOWAGE_CONFIG)';

/** Exit codes: 0 drained, 1 the worker failed, 2 the configuration is wrong. */
const FAILED = 1;
const MISCONFIGURED = 2;

async function readConfig(argv: readonly string[], environment: Environment): Promise<WorkerConfig> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { config: { type: 'string' } },
    allowPositionals: true,
  });
  if (positionals.length > 1)
    throw new ConfigError([`'${positionals.slice(1).join(' ')}' is one word too many: ${USAGE}`]);
  const role = positionals[0] ?? environment[ROLE_VARIABLE];
  const path = values.config ?? environment[CONFIG_VARIABLE];
  if (!path) return parseWorkerConfig({ role, environment });
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new ConfigError([`--config ${path} can't be read: ${error.message}`]);
  });
  return parseWorkerConfig({ role, environment, file: { path, text } });
}

async function runWorker(config: WorkerConfig, environment: Environment): Promise<void> {
  const telemetry = await createTelemetry(config, { secrets: secretsOf(environment) });
  const { log, metrics, redactor } = telemetry;
  const lifecycle = createLifecycle({ log, signals: process, exit: (code) => process.exit(code) });
  log.info({ config }, `worker starts as ${config.role}`);

  const uploads = createUploadInbox(config.movers.reportUrl);
  let probe: () => Promise<void> = async () => undefined;
  const health = await startHealthServer(
    {
      live: lifecycle.live,
      ready: () => lifecycle.ready(probe),
      metricsPage: telemetry.metricsPage,
      metricsContentType: metrics.contentType,
      receive: uploads.receive,
    },
    config.http,
  );
  try {
    lifecycle.enter(Phase.Connecting);
    const [openRole, connection] = await Promise.all([
      loadRole(config.role),
      connectTemporal(config.temporal, log, lifecycle.stopping),
    ]);
    probe = () => checkTemporal(connection, config.temporal.namespace);
    const password = createPasswordSource(config, environment, redactor.remember);
    const role = await openRole({
      ...{ config, connection, telemetry, password, uploads },
      readStore: () => readStoreAccess(environment, redactor.remember),
      stopping: lifecycle.stopping,
    });
    try {
      log.info({ queue: role.worker.options.taskQueue, activities: role.activities }, 'worker polls its queue');
      await lifecycle.run(role.worker);
    } finally {
      await role.close();
    }
    await connection.close();
  } catch (error) {
    if (!lifecycle.stopping.aborted) throw error;
    if (error !== lifecycle.stopping.reason) log.warn({ error }, 'stopped before everything had ended');
  } finally {
    await health.close();
  }
  log.info('worker ended');
}

async function main(): Promise<void> {
  const environment: Environment = process.env;
  const clean = createRedactor(secretsOf(environment));
  try {
    await runWorker(await readConfig(process.argv.slice(2), environment), environment);
    // Temporal's native side keeps threads of its own; everything that had to end has ended.
    process.exit(0);
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${clean.text(text ?? 'failed')}\n`);
    process.exit(error instanceof ConfigError ? MISCONFIGURED : FAILED);
  }
}

await main();
