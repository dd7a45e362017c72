import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { WorkerConfig } from './config.ts';
import type { Logger } from './logging.ts';

/** First and longest pause between two attempts, milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;
/** The same reason is told again after this time, milliseconds. */
const REPEAT_AFTER = 30_000;
const ATTEMPT_MILLISECONDS = 5_000;

type TemporalSettings = WorkerConfig['temporal'];

/**
 * Connects, and waits as long as Temporal or its namespace isn't there: a worker that crashes instead would only come
 * back later and later. Says why it waits when the reason changes and every half minute.
 * @throws the reason of `signal` when it aborts.
 */
export async function connectTemporal(
  settings: TemporalSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<NativeConnection> {
  const options = await connectionOptions(settings);
  let pause = FIRST_PAUSE;
  let told = { reason: '', at: 0 };
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      const connection = await openConnection(options, settings.namespace);
      log.info({ address: settings.address, namespace: settings.namespace, attempt }, 'connected to Temporal');
      return connection;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== told.reason || Date.now() - told.at > REPEAT_AFTER) {
        told = { reason, at: Date.now() };
        log.warn({ address: settings.address, namespace: settings.namespace, attempt, reason }, 'waiting for Temporal');
      }
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/** One question that needs the frontend and the namespace; for readiness. */
export async function checkTemporal(
  connection: NativeConnection,
  namespace: string,
  milliseconds = 2_000,
): Promise<void> {
  await connection.withDeadline(Date.now() + milliseconds, () =>
    connection.workflowService.describeNamespace({ namespace }),
  );
}

async function openConnection(options: NativeConnectionOptions, namespace: string): Promise<NativeConnection> {
  const connection = await NativeConnection.connect(options);
  try {
    await checkTemporal(connection, namespace, ATTEMPT_MILLISECONDS);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function connectionOptions(settings: TemporalSettings): Promise<NativeConnectionOptions> {
  const { address, tls, caFile, certFile, keyFile } = settings;
  if (!tls) return { address };
  const [ca, crt, key] = await Promise.all(
    [caFile, certFile, keyFile].map((file) => (file === undefined ? undefined : readFile(file))),
  );
  return {
    address,
    tls: {
      ...(ca ? { serverRootCACertificate: ca } : {}),
      ...(crt && key ? { clientCertPair: { crt, key } } : {}),
    },
  };
}
