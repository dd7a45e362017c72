import { z } from 'zod';
import { DEFAULT_STOWAGE_NAMESPACE } from '../api/kopia-repository.ts';
import { namespaceName, objectName } from '../api/kubernetes-values.ts';
import { DEFAULT_REPOSITORY, REPOSITORY_MOUNT } from '../api/volume-request.ts';

const port = z.number().int('must be a whole number').min(1, 'must be 1 to 65535').max(65_535, 'must be 1 to 65535');
const count = (max: number) =>
  z.number().int('must be a whole number').min(1, `must be 1 to ${max}`).max(max, `must be 1 to ${max}`);
const absolutePath = z.string().startsWith('/', 'must be an absolute path');

/** An image reference as Kubernetes takes it; a digest is allowed. */
const image = z
  .string()
  .regex(
    /^[a-z0-9][a-zA-Z0-9._/:-]*(@sha256:[a-f0-9]{64})?$/,
    'must be an image reference such as registry.example/stowage:1.0',
  );

/** `host:port`; an IPv6 address stands in brackets. */
const hostAndPort = z
  .string()
  .regex(
    /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):[0-9]{1,5}$/,
    'must be host:port such as temporal-frontend.temporal:7233',
  );

export const LogLevel = { Debug: 'debug', Info: 'info', Warn: 'warn', Error: 'error' } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** Everything that a worker of any role can be told. Holds no secret: those come by KOPIA_PASSWORD or a file. */
export const WorkerSettingsSchema = z.strictObject({
  /** Stowage's own namespace: where the record of each repository stands. */
  namespace: namespaceName.default(DEFAULT_STOWAGE_NAMESPACE),
  temporal: z
    .strictObject({
      address: hostAndPort.default('127.0.0.1:7233'),
      namespace: z.string().min(1, 'must not be empty').default('default'),
      /** TLS with the system's certificate authorities, or with `caFile`. */
      tls: z.boolean().default(false),
      caFile: absolutePath.optional(),
      /** Client certificate and its key, PEM; both or neither. */
      certFile: absolutePath.optional(),
      keyFile: absolutePath.optional(),
    })
    .prefault({}),
  /** Without a kubeconfig the pod's own service account is used. */
  kubernetes: z
    .strictObject({ kubeconfig: absolutePath.optional(), context: z.string().min(1).optional() })
    .prefault({}),
  /** What mover pods run: Kopia itself, and Stowage's own image for the restore check. */
  images: z
    .strictObject({
      kopia: image.optional(),
      stowage: image.optional(),
      pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
    })
    .prefault({}),
  control: z
    .strictObject({
      /** Activities at once; they wait for the cluster and cost little. */
      slots: count(1_000).default(100),
      /** Runs kept in memory between two steps; one costs about 0.5 MB. */
      cachedWorkflows: count(5_000).default(100),
    })
    .prefault({}),
  /** Only the control worker: what is declared in the cluster is what happens. */
  watch: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Namespaces whose declared objects are acted on; names and patterns with `*`, separated by commas. */
      namespaces: z
        .string()
        .regex(
          /^[a-z0-9*-]+(\s*,\s*[a-z0-9*-]+)*$/,
          'must be namespaces separated by commas, with * for any text, such as media,team-*',
        )
        .default('*'),
    })
    .prefault({}),
  movers: z
    .strictObject({
      slots: count(1_000).default(20),
      /** Where movers reach this worker to say how much they wrote; without it a backup's uploaded bytes stay unknown. */
      reportUrl: z
        .string()
        .regex(/^http:\/\/[^\s/]+:[0-9]{1,5}$/, 'must be http://host:port such as http://10.0.0.7:8080')
        .optional(),
    })
    .prefault({}),
  repository: z
    .strictObject({
      name: objectName(63).default(DEFAULT_REPOSITORY),
      path: absolutePath.default(REPOSITORY_MOUNT),
      /** Instead of KOPIA_PASSWORD: a file whose first line is the password. */
      passwordFile: absolutePath.optional(),
      /** Activities at once; each may start one Kopia. */
      slots: count(64).default(8),
      kopia: z.string().min(1, 'must not be empty').default('kopia'),
      /** Kopia's cache; may be lost at any time. */
      cacheDirectory: absolutePath.default('/tmp/kopia-cache'),
    })
    .prefault({}),
  http: z.strictObject({ host: z.string().min(1).default('0.0.0.0'), port: port.default(8080) }).prefault({}),
  logLevel: z.enum(LogLevel).default(LogLevel.Info),
  /** How long SIGTERM lets activities go on before it cancels them, seconds. A mover's Job outlives this; the next worker finds it. */
  shutdownGraceSeconds: z.number().min(0, 'must not be negative').max(3_600, 'must be at most 3600').optional(),
});

export type WorkerSettings = z.output<typeof WorkerSettingsSchema>;
