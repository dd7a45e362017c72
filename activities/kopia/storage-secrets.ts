import { backendOf, STORAGE_BACKENDS, type StorageField } from '../../api/storage-backends.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import type { KopiaStorage } from './config.ts';

type Values = Readonly<Record<string, string | undefined>>;

/** Every key of a Secret that holds a credential of some backend. */
export const STORAGE_SECRET_KEYS: readonly string[] = STORAGE_BACKENDS.flatMap(({ secret }) =>
  secret.flatMap(({ keys }) => keys),
);

const ENVIRONMENT_KEYS = STORAGE_BACKENDS.filter(({ readsEnvironment }) => readsEnvironment).flatMap(({ secret }) =>
  secret.flatMap(({ keys }) => keys),
);

/** Of the values those that Kopia itself reads from its environment; nothing else may reach its process that way. */
export const storageEnvironment = (values: Values): Record<string, string> =>
  Object.fromEntries(ENVIRONMENT_KEYS.flatMap((key) => (values[key] ? [[key, values[key]]] : [])));

/**
 * The storage with its credentials, for a file that only this process's user may read; unchanged where Kopia reads them
 * from its environment. Throws SecretInvalid naming the key of a value that can't be read.
 */
export function withSecrets(storage: KopiaStorage, values: Values): KopiaStorage {
  if (storage.type === 'filesystem') return storage;
  const { secret, readsEnvironment } = backendOf(storage.type);
  if (readsEnvironment) return storage;
  const config: Record<string, unknown> = { ...storage.config };
  for (const field of secret) {
    const key = field.keys.find((each) => values[each]);
    if (key) config[field.field] = fieldValue(field, key, values[key]!);
  }
  return { type: storage.type, config };
}

function fieldValue({ as }: StorageField, key: string, text: string): unknown {
  if (as !== 'json') return text;
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause: it quotes the text.
    throw new PortError(FailureType.SecretInvalid, `${key} must hold JSON: the content of the credentials file itself`);
  }
}
