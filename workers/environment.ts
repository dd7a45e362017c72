/** The environment as a parameter; only `main.ts` knows the process's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Kind = 'text' | 'number' | 'boolean';

/** Every variable that a worker knows, and the setting that it overrides. */
export const environmentSettings: readonly { readonly variable: string; readonly path: string; readonly kind: Kind }[] =
  [
    { variable: 'STOWAGE_NAMESPACE', path: 'namespace', kind: 'text' },
    { variable: 'STOWAGE_TEMPORAL_ADDRESS', path: 'temporal.address', kind: 'text' },
    { variable: 'STOWAGE_TEMPORAL_NAMESPACE', path: 'temporal.namespace', kind: 'text' },
    { variable: 'STOWAGE_TEMPORAL_TLS', path: 'temporal.tls', kind: 'boolean' },
    { variable: 'STOWAGE_TEMPORAL_CA_FILE', path: 'temporal.caFile', kind: 'text' },
    { variable: 'STOWAGE_TEMPORAL_CERT_FILE', path: 'temporal.certFile', kind: 'text' },
    { variable: 'STOWAGE_TEMPORAL_KEY_FILE', path: 'temporal.keyFile', kind: 'text' },
    { variable: 'STOWAGE_KUBECONFIG', path: 'kubernetes.kubeconfig', kind: 'text' },
    { variable: 'STOWAGE_KUBE_CONTEXT', path: 'kubernetes.context', kind: 'text' },
    { variable: 'STOWAGE_KOPIA_IMAGE', path: 'images.kopia', kind: 'text' },
    { variable: 'STOWAGE_IMAGE', path: 'images.stowage', kind: 'text' },
    { variable: 'STOWAGE_IMAGE_PULL_POLICY', path: 'images.pullPolicy', kind: 'text' },
    { variable: 'STOWAGE_CONTROL_SLOTS', path: 'control.slots', kind: 'number' },
    { variable: 'STOWAGE_CACHED_WORKFLOWS', path: 'control.cachedWorkflows', kind: 'number' },
    { variable: 'STOWAGE_WATCH', path: 'watch.enabled', kind: 'boolean' },
    { variable: 'STOWAGE_WATCH_NAMESPACES', path: 'watch.namespaces', kind: 'text' },
    { variable: 'STOWAGE_MOVER_SLOTS', path: 'movers.slots', kind: 'number' },
    { variable: 'STOWAGE_MOVER_REPORTS', path: 'movers.reportUrl', kind: 'text' },
    { variable: 'STOWAGE_REPOSITORY', path: 'repository.name', kind: 'text' },
    { variable: 'STOWAGE_REPOSITORY_PATH', path: 'repository.path', kind: 'text' },
    { variable: 'STOWAGE_REPOSITORY_PASSWORD_FILE', path: 'repository.passwordFile', kind: 'text' },
    { variable: 'STOWAGE_REPOSITORY_SLOTS', path: 'repository.slots', kind: 'number' },
    { variable: 'STOWAGE_KOPIA', path: 'repository.kopia', kind: 'text' },
    { variable: 'STOWAGE_CACHE_DIRECTORY', path: 'repository.cacheDirectory', kind: 'text' },
    { variable: 'STOWAGE_HTTP_HOST', path: 'http.host', kind: 'text' },
    { variable: 'STOWAGE_HTTP_PORT', path: 'http.port', kind: 'number' },
    { variable: 'STOWAGE_LOG_LEVEL', path: 'logLevel', kind: 'text' },
    { variable: 'STOWAGE_SHUTDOWN_GRACE_SECONDS', path: 'shutdownGraceSeconds', kind: 'number' },
  ];

/** Read by `main.ts` itself. */
export const ROLE_VARIABLE = 'STOWAGE_ROLE';
export const CONFIG_VARIABLE = 'STOWAGE_CONFIG';

/** Not settings of a worker, but of the programs around it; they may stand in the same shell. */
const FOREIGN = [
  ROLE_VARIABLE,
  CONFIG_VARIABLE,
  'STOWAGE_CACHE_DIR',
  'STOWAGE_DIST',
  'STOWAGE_PLATFORM_ROOT',
  'STOWAGE_SKIP_BUILD',
  'STOWAGE_TEMPORAL',
  'STOWAGE_TEMPORAL_TEST_SERVER',
  'STOWAGE_TEMPORAL_UI',
];

/** The names that begin like ours and mean nothing: a typing error would otherwise be a silent default. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set([...FOREIGN, ...environmentSettings.map(({ variable }) => variable)]);
  return Object.keys(environment).filter((name) => name.startsWith('STOWAGE_') && !known.has(name));
}

/** The known variable with the smallest distance to a mistyped one, if any is near. Pure. */
export function nearestVariable(name: string): string | undefined {
  const [best] = environmentSettings
    .map(({ variable }) => ({ variable, distance: distance(name, variable) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 4 ? best.variable : undefined;
}

/** A variable's text as its setting's type. Text that is no number or boolean stays text, so that the schema refuses it by name. */
export function readVariable(text: string, kind: Kind): unknown {
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
