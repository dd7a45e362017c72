import type { KopiaStorage } from '../kopia/config.ts';
import { STORAGE_SECRET_KEYS, storageEnvironment, withSecrets } from '../kopia/storage-secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a `kopia.config` with the credentials that the environment holds. Throws PortError SecretInvalid, SyntaxError. */
export function completeConfig(text: string, environment: Environment): string {
  const config = JSON.parse(text) as { readonly storage: KopiaStorage };
  return JSON.stringify({ ...config, storage: withSecrets(config.storage, environment) });
}

/** An environment without what stands in the configuration now: some libraries take the same names for something else. */
export function withoutSecrets(environment: Environment): Record<string, string> {
  const kept = storageEnvironment(environment);
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || (STORAGE_SECRET_KEYS.includes(name) && !(name in kept)) ? [] : [[name, value]],
    ),
  );
}
