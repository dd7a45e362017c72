import type { V1Secret } from '@kubernetes/client-node';
import { PASSWORD_KEY, readSecretPlace, type SecretReading } from '../../api/repository-secret.ts';

export type SecretState = 'Complete' | 'Missing' | 'KeyMissing' | 'KeyEmpty';

/** What is kept of a Secret: whether it has a password, and where it says the repository is. No secret value. */
export interface SecretFacts {
  readonly state: SecretState;
  readonly reading: SecretReading;
}

/** Pure. */
export function secretFacts(secret: V1Secret | undefined): SecretFacts {
  const value = (key: string): string | undefined => {
    const encoded = secret?.data?.[key];
    return encoded === undefined ? secret?.stringData?.[key] : Buffer.from(encoded, 'base64').toString('utf8');
  };
  return { state: stateOf(secret, value(PASSWORD_KEY)), reading: readSecretPlace(value) };
}

function stateOf(secret: V1Secret | undefined, password: string | undefined): SecretState {
  if (!secret) return 'Missing';
  if (password === undefined) return 'KeyMissing';
  return password === '' ? 'KeyEmpty' : 'Complete';
}
