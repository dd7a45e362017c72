import { readFile } from 'node:fs/promises';
import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import type { CliConfig, TlsFiles } from './config.ts';
import { CommandError, UsageError } from './errors.ts';

const CONNECT_TIMEOUT = '5s';

/** gRPC status codes. */
const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const INVALID_ARGUMENT = 3;

/** Connects to Temporal. Throws CommandError that names the address and what to check. */
export async function connectTemporal(config: CliConfig): Promise<Client> {
  const { temporalAddress: address, temporalNamespace: namespace } = config;
  const tls = config.tls ? await readTls(config.tls) : undefined;
  try {
    const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT, ...(tls && { tls }) });
    return new Client({ connection, namespace });
  } catch (error) {
    throw new CommandError(`Temporal does not answer at ${address}`, {
      remedy: 'Check that it runs and that STOWAGE_TEMPORAL_ADDRESS or --address names its frontend (host:port).',
      cause: error,
    });
  }
}

/** No answer right now, which says nothing about the run: asking again is right. */
export function isUnavailable(error: unknown): boolean {
  const code = grpcCode(error);
  return code === UNAVAILABLE || code === DEADLINE_EXCEEDED;
}

/** A client's error in words: the server's own, and what to do about the usual ones. */
export function describeTemporalError(error: unknown, config: CliConfig): CommandError {
  if (error instanceof CommandError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const details = serverWords(error);
  const text = details && details !== message ? `${message}: ${details}` : message;
  if (isUnavailable(error)) {
    return new CommandError(`Temporal does not answer at ${config.temporalAddress} (${text})`, {
      remedy: 'Check that it runs; a run that was started goes on by itself.',
      cause: error,
    });
  }
  if (grpcCode(error) === INVALID_ARGUMENT && /search attribute/i.test(details ?? '')) {
    return new CommandError(text, {
      remedy:
        'Register the search attributes StowageNamespace, StowageClaim, StowageRepository, StowageOutcome and StowageSnapshot (type Keyword) with `temporal operator search-attribute create`.',
      cause: error,
    });
  }
  if (/namespace .*not found/i.test(text)) {
    return new CommandError(text, {
      remedy: 'Name a Temporal namespace that exists with STOWAGE_TEMPORAL_NAMESPACE or --temporal-namespace.',
      cause: error,
    });
  }
  return new CommandError(text, { cause: error });
}

function grpcError(error: unknown): { code: number; details?: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) ? cause : undefined;
}

const grpcCode = (error: unknown): number | undefined => grpcError(error)?.code;
const serverWords = (error: unknown): string | undefined => grpcError(error)?.details || undefined;

async function readTls({ caFile, certFile, keyFile }: TlsFiles): Promise<NonNullable<ConnectionOptions['tls']>> {
  const read = async (file: string): Promise<Buffer> => {
    try {
      return await readFile(file);
    } catch (error) {
      throw new UsageError(
        `${file}: can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
        'Correct the path.',
      );
    }
  };
  return {
    ...(caFile && { serverRootCACertificate: await read(caFile) }),
    ...(certFile && keyFile && { clientCertPair: { crt: await read(certFile), key: await read(keyFile) } }),
  };
}
