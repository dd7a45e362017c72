import type { StorePlace } from './repository-place.ts';
import { BEFORE_VOLUME, STORAGE_BACKENDS, type StorageBackend, type StorageField } from './storage-backends.ts';

/** The key under which every Secret of a repository holds its password. */
export const PASSWORD_KEY = 'KOPIA_PASSWORD';
/** The key that says where the repository is: `filesystem:///mnt/repository`, `s3://bucket/prefix`, … */
export const REPOSITORY_KEY = 'KOPIA_REPOSITORY';

/** What a Secret says of its repository's place. */
export type SecretReading =
  | { readonly kind: 'Volume' }
  | { readonly kind: 'Store'; readonly place: StorePlace }
  /** `key` is to be corrected; `message` says how, without its value. */
  | { readonly kind: 'Invalid'; readonly key: string; readonly message: string };

/** A value by its key; undefined and empty both mean that there is none. */
export type SecretValues = (key: string) => string | undefined;

type Unreadable = Extract<SecretReading, { kind: 'Invalid' }>;

const VOLUME: SecretReading = { kind: 'Volume' };

/** A URL's scheme, credentials before an @, host, port and path. */
const URL_FORM = /^([a-z][a-z0-9+.-]*):(?:\/\/(?:([^@/]*)@)?([^/:]*)(?::(\d+))?(\/.*)?)?$/i;

interface Address {
  readonly scheme: string;
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly path?: string | undefined;
}

/**
 * Reads where the repository is from the keys that VolSync's movers know, in their order (compatibility.md 4.1 to 4.3).
 * Pure; of a credential it takes only that it is there.
 */
export function readSecretPlace(values: SecretValues): SecretReading {
  const text = values(REPOSITORY_KEY);
  const address = parseAddress(text);
  const [early, late] = [STORAGE_BACKENDS.slice(0, BEFORE_VOLUME), STORAGE_BACKENDS.slice(BEFORE_VOLUME)];
  const meant = (backend: StorageBackend): boolean =>
    Boolean(values(backend.chosenBy)) || backend.schemes.includes(address?.scheme ?? '');
  const backend = early.find(meant) ?? (address?.scheme === 'filesystem' ? undefined : late.find(meant));
  if (backend) return readStore(backend, address, values);
  return !text || address?.scheme === 'filesystem' ? VOLUME : notAnAddress();
}

function parseAddress(text = ''): Address | undefined {
  const parts = URL_FORM.exec(text);
  if (!parts) return undefined;
  const [, scheme = '', user, host, port, path] = parts;
  return { scheme: scheme.toLowerCase(), user, host, port, path };
}

const notAnAddress = (): SecretReading => {
  const schemes = ['filesystem', ...STORAGE_BACKENDS.flatMap((backend) => backend.schemes.slice(0, 1))];
  const message = `is no address of a repository: write filesystem:///<path>, s3://<bucket>/<prefix>, or another of ${schemes.map((scheme) => `${scheme}://`).join(', ')}`;
  return { kind: 'Invalid', key: REPOSITORY_KEY, message };
};

function readStore(backend: StorageBackend, address: Address | undefined, values: SecretValues): SecretReading {
  // An address of another backend says nothing about this one.
  const own = address && backend.schemes.includes(address.scheme) ? address : undefined;
  if (own?.user?.includes(':')) {
    return invalid(REPOSITORY_KEY, 'must not hold a password: give it under the keys of its backend');
  }
  const settings: Record<string, string | number | boolean> = {};
  for (const field of backend.plain) {
    const found = plainValue(field, own, values);
    if (typeof found === 'object') return found;
    if (found !== undefined) settings[field.field] = found;
  }
  const missing = backend.secret.find(({ required, keys }) => required && !keys.some((key) => values(key)));
  if (missing) return invalid(missing.keys[0]!, `is missing: the ${backend.type} storage needs it`);
  const prefix = backend.type === 's3' || !values(backend.chosenBy) ? readPrefix(backend, own) : undefined;
  if (typeof prefix === 'object') return prefix;
  if (prefix) settings.prefix = prefix;
  return {
    kind: 'Store',
    place: {
      kind: 'Store',
      type: backend.type,
      location: describe(backend, settings),
      settings,
      secretKeys: backend.secret.flatMap(({ keys }) => keys.filter((key) => values(key)).slice(0, 1)),
    },
  };
}

function plainValue(
  field: StorageField,
  address: Address | undefined,
  values: SecretValues,
): string | number | boolean | undefined | Unreadable {
  if (field.as === 'switch') return field.keys.some((key) => values(key) === 'true') || undefined;
  const key = field.keys.find((each) => values(each));
  const text = (key && values(key)) ?? ((field.from && address?.[field.from]) || field.fallback);
  const name = key ?? (field.from ? REPOSITORY_KEY : field.keys[0]!);
  if (!text)
    return field.required ? invalid(field.keys[0]!, "is missing: the repository can't be found without it") : undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
  if (/[\u0000-\u0020\u007f]/.test(text))
    return invalid(name, 'must not contain spaces, line ends or control characters');
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i.test(text))
    return invalid(name, 'must not hold a user or a password: they have keys of their own');
  if (field.as === 'number') return /^\d+$/.test(text) ? Number(text) : invalid(name, 'must be a number');
  if (field.field === 'endpoint') return readEndpoint(name, text);
  if (field.field === 'bucket' && name === REPOSITORY_KEY && !isBucketName(text)) {
    return invalid(name, 'must name a bucket of 3 to 63 lower-case letters, digits, "." and "-"');
  }
  return text;
}

/** Kopia wants a host; `https://` never said anything about TLS (VolSync strips it too). */
function readEndpoint(key: string, text: string): string | Unreadable {
  const host = text.replace(/^https?:\/\//i, '').replace(/\/+$/, '');
  return /^[^/?#]+$/.test(host)
    ? host
    : invalid(key, 'must be a host with or without a port, such as s3.example.com:9000');
}

const isBucketName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name);

/** S3 takes it beside a bucket's own key too, as VolSync does; the others where KOPIA_REPOSITORY alone names the bucket. */
function readPrefix(backend: StorageBackend, address: Address | undefined): string | undefined | Unreadable {
  if (!['s3', 'azureBlob', 'gcs', 'b2'].includes(backend.type)) return undefined;
  const path = (address?.path ?? '').replace(/\/+/g, '/').replace(/^\//, '');
  if (path === '') return undefined;
  if (!/^[A-Za-z0-9._/-]+$/.test(path) || path.includes('..')) {
    return invalid(REPOSITORY_KEY, 'must have a prefix of letters, digits, ".", "_", "-" and "/", without ".."');
  }
  return path.endsWith('/') ? path : `${path}/`;
}

function describe({ type, schemes }: StorageBackend, settings: Readonly<Record<string, unknown>>): string {
  const scheme = schemes[0] ?? type;
  const name = settings.bucket ?? settings.container ?? settings.url ?? settings.host ?? settings.folderID;
  const rest = settings.prefix ?? (typeof settings.path === 'string' ? settings.path.replace(/^\//, '') : '');
  if (typeof settings.url === 'string') return settings.url;
  return name === undefined ? `${scheme}:` : `${scheme}://${String(name)}/${String(rest)}`;
}

const invalid = (key: string, message: string): Unreadable => ({
  kind: 'Invalid',
  key,
  message,
});
