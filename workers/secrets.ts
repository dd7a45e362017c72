import { readFileSync } from 'node:fs';
import type { StoreAccess } from '../activities/kopia/client-storage.ts';
import { PortError } from '../activities/ports/port-error.ts';
import { readSecretPlace } from '../api/repository-secret.ts';
import { FailureType } from '../workflows/failures.ts';
import { ConfigError, type WorkerConfig } from './config.ts';
import type { Environment } from './environment.ts';

/** Where the repository's password comes from; kept out of the configuration so that nothing can print it. */
export const PASSWORD_VARIABLE = 'KOPIA_PASSWORD';

/** Reads the password anew at each use: a mounted Secret changes while the process runs. */
export type PasswordSource = () => string;

/**
 * The repository's password from its file, else from the environment. Without one the worker still runs and every call
 * says so, because a crash loop would tell it to nobody who looks at the run.
 */
export function createPasswordSource(
  { repository }: Pick<WorkerConfig, 'repository'>,
  environment: Environment,
  onRead: (password: string) => void = () => undefined,
): PasswordSource {
  const { passwordFile } = repository;
  return () => {
    const password = passwordFile === undefined ? environment[PASSWORD_VARIABLE] : firstLine(passwordFile);
    if (!password) {
      const place = passwordFile === undefined ? `the environment (${PASSWORD_VARIABLE})` : passwordFile;
      throw new PortError(
        FailureType.SecretMissing,
        `the worker of repository ${repository.name} finds no password in ${place}`,
      );
    }
    onRead(password);
    return password;
  };
}

/**
 * The object store of a worker whose environment holds the keys of the repository's Secret; undefined for one with a
 * volume. Each credential is handed to `onRead`. Throws ConfigError naming the variable.
 */
export function readStoreAccess(
  environment: Environment,
  onRead: (secret: string) => void = () => undefined,
): StoreAccess | undefined {
  const reading = readSecretPlace((key) => environment[key]);
  if (reading.kind === 'Volume') return undefined;
  if (reading.kind === 'Invalid') throw new ConfigError([`${reading.key} ${reading.message}`]);
  const { place } = reading;
  const secrets = Object.fromEntries(place.secretKeys.map((key) => [key, environment[key]]));
  for (const secret of Object.values(secrets)) if (secret) onRead(secret);
  return { place, secrets: () => secrets };
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0];
  } catch {
    return undefined;
  }
}
