import { REDACTED, redact } from '../activities/kopia/redaction.ts';
import type { Environment } from './environment.ts';

/** Names whose values are secrets, whoever set them. `…_FILE` and names of objects are not. */
const SECRET_NAME =
  /(^|_|-)(password|passwd|passphrase|token|credentials?|secret|secret_?key|secret_?access_?key|access_?key(_?id)?|private_?key|key_?data|connection_?string|sas)$/i;
const SECRET_FIELD = /^(.*(password|passwd|passphrase|authorization|cookie|private_?key|access_?key)|token|secret)$/i;

/** A secret of every application would fit many times over; the bound only keeps a flood from growing for ever. */
const MAX_SECRETS = 10_000;
const MAX_DEPTH = 12;

/** Takes secrets out of everything that leaves the process. */
export interface Redactor {
  /** From now on this value is never written, in any of its usual spellings. */
  remember(secret: string): void;
  text(text: string): string;
  /** A copy without secrets: strings cleaned, fields that are named like a secret blanked. */
  value(value: unknown): unknown;
}

/** Is this the name of an environment variable or Secret key that holds a secret? */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** The values of all environment variables that are named like a secret (KOPIA_PASSWORD, AWS_SECRET_ACCESS_KEY, …). */
export const secretsOf = (environment: Environment): string[] =>
  Object.entries(environment).flatMap(([name, value]) => (value && isSecretName(name) ? [value] : []));

export function createRedactor(initial: readonly string[] = []): Redactor {
  const secrets = new Set(initial);
  // Longer ones first: a secret that contains another must not leave its rest behind.
  let ordered = order(secrets);
  const text = (input: string): string => redact(input, ordered);
  return {
    remember(secret) {
      if (secrets.has(secret) || secrets.size >= MAX_SECRETS) return;
      secrets.add(secret);
      ordered = order(secrets);
    },
    text,
    value: (value) => clean(value, text, 0),
  };
}

const order = (secrets: Iterable<string>): string[] => [...secrets].sort((a, b) => b.length - a.length);

function clean(value: unknown, text: (input: string) => string, depth: number): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => clean(item, text, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      text(name),
      SECRET_FIELD.test(name) && typeof child === 'string' ? REDACTED : clean(child, text, depth + 1),
    ]),
  );
}

/** One line of JSON without secrets; text that is no JSON is cleaned as text. */
export function redactLine(line: string, redactor: Redactor): string {
  const end = line.endsWith('\n') ? '\n' : '';
  try {
    return `${JSON.stringify(redactor.value(JSON.parse(line)))}${end}`;
  } catch {
    return `${redactor.text(line.trimEnd())}${end}`;
  }
}
