import type { Identity } from '../../api/identity.ts';
import type { Retention } from '../../api/retention.ts';
import {
  absolutePath,
  compressor,
  count,
  flag,
  metrics,
  objectId,
  positive,
  source,
  tagName,
} from './argument-values.ts';

/**
 * Typed requests to Kopia's argv, pure. Every value is glued to its flag (`--flag=value`) and every operand is checked
 * to be unmistakable, so that no value of a request can become a flag of its own. No secret is ever part of an argv.
 */

/** Quiet, machine-readable, and nothing that runs beside the asked-for work. */
export const QUIET = ['--log-level=error', '--disable-file-logging', '--no-progress'] as const;

export interface SnapshotCreateRequest {
  /** Directory as the process sees it. */
  readonly sourcePath: string;
  /** Under which the snapshot is filed. */
  readonly identity: Identity;
  /** Names and values without Kopia's own `tag:` prefix. */
  readonly tags: Readonly<Record<string, string>>;
  /** Files uploaded at once. */
  readonly parallelism: number;
  /** `host:port` for Kopia's Prometheus page. */
  readonly metricsAddress?: string;
  /** Where Kopia pushes its metrics when it starts and when it has written everything. */
  readonly report?: { readonly address: string; readonly runId: string };
}

/** `snapshot create`; prints one line of JSON ({@link parseSnapshotCreated}). */
export function snapshotCreateArguments(request: SnapshotCreateRequest): string[] {
  return [
    'snapshot',
    'create',
    '--json',
    '--no-auto-maintenance',
    // Without it the result is printed before the last packs and the manifest are written: a result that could still fail.
    '--flush-per-source',
    ...QUIET,
    flag('parallel', positive('parallelism', request.parallelism)),
    flag('override-source', source(request.identity)),
    ...Object.entries(request.tags).map(([name, value]) => flag('tags', `${tagName(name)}:${value}`)),
    ...metrics(request.metricsAddress),
    ...(request.report ? report(request.report) : []),
    absolutePath('sourcePath', request.sourcePath),
  ];
}

/** The interval is longer than any run: only the start and the end are reported. */
const report = ({ address, runId }: { readonly address: string; readonly runId: string }): string[] => [
  flag('metrics-push-addr', address),
  flag('metrics-push-interval', '72h'),
  flag('metrics-push-job', 'stowage'),
  flag('metrics-push-grouping', `run:${runId}`),
  flag('metrics-push-format', 'text'),
];

export interface SnapshotRestoreRequest {
  readonly snapshotId: string;
  /** Must not exist or be empty: Kopia follows links that already lie in a target (faults.md M2). */
  readonly targetPath: string;
  /** For movers that may not change owners. */
  readonly skipOwners: boolean;
  readonly parallelism?: number;
  readonly metricsAddress?: string;
}

/** `snapshot restore`; its only result is the line that {@link parseRestored} reads, hence log level info. */
export function snapshotRestoreArguments(request: SnapshotRestoreRequest): string[] {
  return [
    'snapshot',
    'restore',
    '--log-level=info',
    '--disable-file-logging',
    '--no-progress',
    // A hole comes back as a hole; else a sparse file fills the volume (faults.md M4).
    '--write-sparse-files',
    ...(request.skipOwners ? ['--skip-owners'] : []),
    ...(request.parallelism === undefined ? [] : [flag('parallel', positive('parallelism', request.parallelism))]),
    ...metrics(request.metricsAddress),
    objectId('snapshotId', request.snapshotId),
    absolutePath('targetPath', request.targetPath),
  ];
}

/** `snapshot list` as JSON; without an identity the newest of every source of the repository. */
export function snapshotListArguments(request: { readonly identity?: Identity }): string[] {
  const which = request.identity ? [source(request.identity)] : ['--max-results=1'];
  return ['snapshot', 'list', '--json', '--all', ...QUIET, ...which];
}

/** Every snapshot of every source, as JSON. */
export const everySnapshotArguments = (): string[] => ['snapshot', 'list', '--json', '--all', ...QUIET];

/** Every policy that is stored, as JSON by target. */
export const policyExportArguments = (): string[] => ['policy', 'export', ...QUIET];

/** Effective policy of an identity as JSON. */
export const policyShowArguments = (identity: Identity): string[] => [
  'policy',
  'show',
  '--json',
  ...QUIET,
  source(identity),
];

export interface PolicySetRequest {
  readonly identity: Identity;
  readonly retain: Retention;
  readonly compression: string;
}

/** All six tiers, always: a tier that is left out would inherit Kopia's defaults (faults.md A11). */
export function policySetArguments({ identity, retain, compression }: PolicySetRequest): string[] {
  return [
    'policy',
    'set',
    ...QUIET,
    flag('keep-latest', count('latest', retain.latest)),
    flag('keep-hourly', count('hourly', retain.hourly)),
    flag('keep-daily', count('daily', retain.daily)),
    flag('keep-weekly', count('weekly', retain.weekly)),
    flag('keep-monthly', count('monthly', retain.monthly)),
    flag('keep-annual', count('yearly', retain.yearly)),
    flag('compression', compressor(compression)),
    // A global policy may say otherwise; a run whose snapshot is left out could not be proven.
    '--ignore-identical-snapshots=false',
    source(identity),
  ];
}

/** Opens the repository and prints what it is, as JSON. */
export const repositoryStatusArguments = (): string[] => ['repository', 'status', '--json', ...QUIET];

/**
 * Creates a filesystem repository with Kopia's default format and group modes, so that movers of several users share
 * it through their group (design.md decision 16). Connects to nothing.
 */
export function repositoryCreateArguments(request: { readonly path: string }): string[] {
  return [
    'repository',
    'create',
    'filesystem',
    '--create-only',
    '--file-mode=660',
    '--dir-mode=770',
    ...QUIET,
    flag('path', absolutePath('path', request.path)),
  ];
}

/** Creates a repository in the storage that a token describes, only where nothing lies yet. Connects to nothing. */
export const createFromTokenArguments = (request: { readonly tokenFile: string }): string[] => [
  'repository',
  'create',
  'from-config',
  '--create-only',
  ...QUIET,
  flag('token-file', absolutePath('tokenFile', request.tokenFile)),
];

/** A server for this process alone, on a Unix socket; its password comes by KOPIA_SERVER_PASSWORD. */
export function serverStartArguments(request: { readonly socketPath: string }): string[] {
  return [
    'server',
    'start',
    '--insecure',
    '--no-grpc',
    '--no-control-api',
    '--no-persistent-logs',
    '--disable-csrf-token-checks',
    '--shutdown-on-stdin',
    ...QUIET,
    flag('address', `unix:${absolutePath('socketPath', request.socketPath)}`),
  ];
}
