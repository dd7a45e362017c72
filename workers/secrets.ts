import { readFileSync } from 'node:fs';
import { PortError } from '../activities/ports/port-error.ts';
import { FailureType } from '../workflows/failures.ts';
import type { WorkerConfig } from './config.ts';
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

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/, 1)[0];
  } catch {
    return undefined;
  }
}
