import type { Logger as TemporalLogger } from '@temporalio/worker';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import type { LogLevel } from './config-schema.ts';
import { type Redactor, redactLine } from './redaction.ts';

export type { Logger } from 'pino';

export interface LoggingOptions {
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** On every line: role, and for a repository's worker its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Default: standard output, written at once, so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream;
}

/** Structured logs: one JSON object a line, RFC 3339 times, the level as a word, without secrets. */
export function createLogger({ level, redactor, fields, destination }: LoggingOptions): Logger {
  return pino(
    {
      level,
      base: { ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      serializers: { error: stdSerializers.errWithCause },
      formatters: { level: (label) => ({ level: label }) },
      // The last step before the write: whatever put a secret into a line, it does not get further.
      hooks: { streamWrite: (line) => redactLine(line, redactor) },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** The same log for Temporal's SDK: its own lines, and those of workflows and activities (`log.info(…)`). */
export function createTemporalLogger(logger: Logger): TemporalLogger {
  const log: TemporalLogger['log'] = (level, message, meta = {}) => logger[LEVELS[level]](readable(meta), message);
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

/** Temporal's metadata without what JSON can't hold and what says nothing to a reader. */
function readable(meta: Record<string | symbol, unknown>): Record<string, unknown> {
  const { taskToken: _token, error, ...rest } = meta;
  const plain = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  );
  return error === undefined ? plain : { ...plain, error };
}
