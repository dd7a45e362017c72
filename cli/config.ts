import { UsageError } from './errors.ts';

/** Where things are, checked and frozen before a command starts. */
export interface CliConfig {
  /** host:port of Temporal's frontend. */
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Certificate files; absent without TLS. */
  readonly tls?: TlsFiles;
  /** Base URL of Temporal's UI, without a slash at the end, for links. */
  readonly uiUrl?: string;
  /** Context of the kubeconfig; its current one where left out. */
  readonly kubeContext?: string;
  readonly color: boolean;
  readonly json: boolean;
}

export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Global flags, as commander hands them on. */
export interface GlobalFlags {
  readonly address?: string;
  readonly temporalNamespace?: string;
  readonly uiUrl?: string;
  readonly context?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const DEFAULT_NAMESPACE = 'default';

/** Names that begin with this are ours: a misspelt one would otherwise silently mean "the default". */
const PREFIX = 'STOWAGE_TEMPORAL_';
const KNOWN = new Set(
  ['ADDRESS', 'NAMESPACE', 'UI', 'TLS', 'CA_FILE', 'CERT_FILE', 'KEY_FILE', 'TEST_SERVER'].map((name) => PREFIX + name),
);

type Env = Readonly<Record<string, string | undefined>>;

/** Flags win over the environment. Throws {@link UsageError} with every problem at once: field, value, remedy. */
export function parseCliConfig(env: Env, flags: GlobalFlags, isTty: boolean): CliConfig {
  const problems: string[] = [];
  const setting = (flag: string | undefined, flagName: string, name: string, fallback?: string): Setting => ({
    value: flag ?? (env[name] || fallback),
    from: flag !== undefined ? flagName : name,
  });
  const check = ({ value, from }: Setting, valid: (text: string) => boolean, remedy: string): string | undefined => {
    if (value !== undefined && !valid(value)) problems.push(`${from}: '${value}' ${remedy}`);
    return value;
  };

  const temporalAddress = check(
    setting(flags.address, '--address', `${PREFIX}ADDRESS`, DEFAULT_ADDRESS),
    (text) => /^[^\s/:]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/i.test(text),
    'is not host:port; write for example 127.0.0.1:7233',
  );
  const temporalNamespace = check(
    setting(flags.temporalNamespace, '--temporal-namespace', `${PREFIX}NAMESPACE`, DEFAULT_NAMESPACE),
    (text) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text),
    'is not the name of a Temporal namespace; write for example default',
  );
  const uiUrl = check(
    setting(flags.uiUrl, '--ui-url', `${PREFIX}UI`),
    (text) => /^https?:\/\/\S+$/.test(text),
    'is not a URL; write for example http://127.0.0.1:8233',
  );
  const tls = tlsFiles(env, problems);
  problems.push(
    ...Object.keys(env)
      .filter((name) => name.startsWith(PREFIX) && !KNOWN.has(name))
      .map((name) => `${name}: is not a setting; there are ${[...KNOWN].join(', ')}`),
  );
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return Object.freeze({
    temporalAddress: temporalAddress ?? DEFAULT_ADDRESS,
    temporalNamespace: temporalNamespace ?? DEFAULT_NAMESPACE,
    ...(tls && { tls }),
    ...(uiUrl && { uiUrl: uiUrl.replace(/\/+$/, '') }),
    ...(flags.context !== undefined && { kubeContext: flags.context }),
    // https://no-color.org: any value that is not empty.
    color: flags.color !== false && isTty && !env.NO_COLOR && env.TERM !== 'dumb',
    json: flags.json === true,
  });
}

interface Setting {
  readonly value: string | undefined;
  /** The flag or the variable that a person has to correct. */
  readonly from: string;
}

function tlsFiles(env: Env, problems: string[]): TlsFiles | undefined {
  const switched = env[`${PREFIX}TLS`];
  if (switched && !['true', 'false'].includes(switched)) {
    problems.push(`${PREFIX}TLS: '${switched}' is neither true nor false`);
  }
  const files = {
    caFile: env[`${PREFIX}CA_FILE`],
    certFile: env[`${PREFIX}CERT_FILE`],
    keyFile: env[`${PREFIX}KEY_FILE`],
  };
  if (Boolean(files.certFile) !== Boolean(files.keyFile)) {
    problems.push(`${PREFIX}CERT_FILE and ${PREFIX}KEY_FILE: set both or neither`);
  }
  const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file)) as TlsFiles;
  return switched === 'true' || Object.keys(given).length > 0 ? given : undefined;
}
