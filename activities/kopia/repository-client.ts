import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIdentity, type Identity } from '../../api/identity.ts';
import { PortError } from '../ports/port-error.ts';
import {
  everySnapshotArguments,
  type PolicySetRequest,
  policyExportArguments,
  policySetArguments,
  policyShowArguments,
  repositoryStatusArguments,
  snapshotListArguments,
} from './arguments.ts';
import { type BlobStats, blobStatsArguments, parseBlobStats } from './blob-stats.ts';
import { type ClientStorage, formatOf } from './client-storage.ts';
import { buildKopiaConfig } from './config.ts';
import { classifyKopiaError } from './errors.ts';
import type { FormatFile } from './format-file.ts';
import {
  type MaintenanceSetRequest,
  maintenanceInfoArguments,
  maintenanceSetArguments,
} from './maintenance-arguments.ts';
import { type MaintenanceInfo, parseMaintenanceInfo } from './maintenance-output.ts';
import { type ListedSnapshot, parsePolicy, parseSnapshotList, parseUniqueId } from './output.ts';
import { parseStoredPolicies, type StoredPolicies } from './policy-hierarchy.ts';
import type { KopiaEnvironment, RunKopia } from './process.ts';
import { startKopiaServer } from './server.ts';
import { understood } from './understood.ts';
import { readSourceState, type SourceState } from './warm-reader.ts';
import { createWarmServer } from './warm-server.ts';

export interface RepositoryClientOptions {
  readonly storage: ClientStorage;
  readonly binary: string;
  /** Read at each start of Kopia; never logged, never in an argv. */
  readonly password: () => string;
  /** Survives between runs; a folder per unique id is made in it. */
  readonly cacheDirectory: string;
  readonly runKopia: RunKopia;
}

/** What the repository's worker asks of Kopia. Every method throws PortError. */
export interface RepositoryClient {
  /** From the file itself, or from a process without format cache, each time. */
  format(signal?: AbortSignal): Promise<FormatFile>;
  /** From a process that is started for this call and knows nothing from before. */
  listSnapshots(identity: Identity, signal?: AbortSignal): Promise<ListedSnapshot[]>;
  /** From a Kopia that stays open and looks again, or from two processes beside each other. */
  sourceState(identity: Identity, signal?: AbortSignal): Promise<SourceState>;
  /** Every identity that has snapshots. */
  identities(signal?: AbortSignal): Promise<string[]>;
  /** Every snapshot of every identity, from a process of its own: tens of megabytes for a large repository. */
  everySnapshot(signal?: AbortSignal): Promise<ListedSnapshot[]>;
  /** Every policy that is stored, by its target. */
  policies(signal?: AbortSignal): Promise<StoredPolicies>;
  setPolicy(request: PolicySetRequest, signal?: AbortSignal): Promise<void>;
  /** Who maintains, and what was done, from a process that is started for this call. */
  maintenanceInfo(signal?: AbortSignal): Promise<MaintenanceInfo>;
  /** Of the blobs whose names begin so. */
  blobStats(prefix: string, signal?: AbortSignal): Promise<BlobStats>;
  /** Who maintains from now on, and how often. */
  setMaintenance(request: MaintenanceSetRequest, signal?: AbortSignal): Promise<void>;
  /** Creates the repository and opens it with a second process. Returns its unique id. */
  create(signal?: AbortSignal): Promise<string>;
  /** Opens the repository with the password. Returns its unique id. */
  open(signal?: AbortSignal): Promise<string>;
  /** Ends the open Kopia and removes its private files. */
  close(): Promise<void>;
}

const TIMEOUT_MILLISECONDS = 120_000;

/** Then a process is asked, which also tells what is wrong. */
const SILENCE_TIMEOUT_MILLISECONDS = 10_000;

/** Readers file nothing, so their name never stands in the repository. It must own no source: Kopia's server would look after it. */
const READER = { username: 'stowage-reader', hostname: 'stowage' } as const;

export function createRepositoryClient(options: RepositoryClientOptions): RepositoryClient {
  let work: Promise<string> | undefined;
  const workDirectory = (): Promise<string> => {
    work ??= mkdtemp(join(tmpdir(), 'stowage-'));
    return work;
  };

  /** Written once: another Kopia may be reading the file. */
  const configs = new Map<string, Promise<string>>();
  const configFile = (readOnly: boolean, uniqueId: string | undefined): Promise<string> => {
    const name = `${readOnly ? 'reader' : 'writer'}-${uniqueId?.slice(0, 12) ?? 'new'}.config`;
    const known = configs.get(name) ?? writeConfig(name, readOnly, uniqueId);
    configs.set(name, known);
    known.catch(() => configs.delete(name));
    return known;
  };

  const writeConfig = async (name: string, readOnly: boolean, uniqueId: string | undefined): Promise<string> => {
    const configPath = join(await workDirectory(), name);
    const cacheDirectory = uniqueId && join(options.cacheDirectory, uniqueId.slice(0, 12));
    if (cacheDirectory) await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
    const config = buildKopiaConfig({
      identity: READER,
      storage: options.storage.storage(),
      readOnly,
      ...(cacheDirectory ? { cacheDirectory } : {}),
    });
    await writeFile(configPath, config, { mode: 0o600 });
    return configPath;
  };

  const environment = async (readOnly: boolean, uniqueId?: string): Promise<KopiaEnvironment> => ({
    configPath: await configFile(readOnly, uniqueId),
    password: options.password(),
    homeDirectory: await workDirectory(),
    extra: options.storage.environment(),
  });

  const run = async (args: string[], readOnly: boolean, signal?: AbortSignal, uniqueId?: string): Promise<string> => {
    const done = await options.runKopia({
      binary: options.binary,
      args,
      environment: await environment(readOnly, uniqueId),
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
      ...(signal ? { signal } : {}),
    });
    if (done.exitCode === 0) return done.stdout;
    const secrets = [options.password(), ...Object.values(options.storage.environment())];
    const failure = classifyKopiaError(done.stderr, { secrets });
    throw new PortError(failure.type, failure.message, {
      ...(failure.retryable === undefined ? {} : { retryable: failure.retryable }),
    });
  };

  const warm = createWarmServer(async ({ uniqueId }) =>
    startKopiaServer({
      binary: options.binary,
      environment: await environment(true, uniqueId),
      socketRoot: await workDirectory(),
      startTimeoutMilliseconds: TIMEOUT_MILLISECONDS,
      silenceTimeoutMilliseconds: SILENCE_TIMEOUT_MILLISECONDS,
    }),
  );
  /** Where only a process can tell, the last answer names the cache: whether it is still true was asked just before, or is asked afterwards. */
  let lastAsked: FormatFile | undefined;
  const format = async (signal?: AbortSignal): Promise<FormatFile> => {
    if (options.storage.readFormat) return options.storage.readFormat();
    lastAsked = understood(formatOf, await run(repositoryStatusArguments(), true, signal));
    return lastAsked;
  };
  const recentFormat = async (signal?: AbortSignal): Promise<FormatFile> => lastAsked ?? (await format(signal));
  const open = async (signal?: AbortSignal): Promise<string> =>
    understood(parseUniqueId, await run(repositoryStatusArguments(), true, signal));

  /** With the cache of the repository that lies there now. */
  const ask = async (args: string[], signal?: AbortSignal, readOnly = true): Promise<string> =>
    run(args, readOnly, signal, (await recentFormat(signal)).uniqueId);

  const listSnapshots = async (identity: Identity, signal?: AbortSignal): Promise<ListedSnapshot[]> => {
    const output = await ask(snapshotListArguments({ identity }), signal);
    // Kopia lists the snapshots of folders above the path too.
    return understood(parseSnapshotList, output).filter((listed) => listed.identity === formatIdentity(identity));
  };

  return {
    format,
    open,
    listSnapshots,
    sourceState: async (identity, signal) => {
      const known = await recentFormat(signal);
      const answer = await warm.tryAsk(known, (server) => readSourceState(server, identity));
      if (answer) return answer;
      const [listed, policy] = await Promise.all([
        listSnapshots(identity, signal),
        run(policyShowArguments(identity), true, signal, known.uniqueId),
      ]);
      return { snapshots: listed.map(({ summary }) => summary), policy: understood(parsePolicy, policy) };
    },
    identities: async (signal) => {
      const output = await ask(snapshotListArguments({}), signal);
      return [...new Set(understood(parseSnapshotList, output).map(({ identity }) => identity))];
    },
    everySnapshot: async (signal) => understood(parseSnapshotList, await ask(everySnapshotArguments(), signal)),
    policies: async (signal) => understood(parseStoredPolicies, await ask(policyExportArguments(), signal)),
    setPolicy: async (request, signal) => void (await ask(policySetArguments(request), signal, false)),
    maintenanceInfo: async (signal) => understood(parseMaintenanceInfo, await ask(maintenanceInfoArguments(), signal)),
    blobStats: async (prefix, signal) => understood(parseBlobStats, await ask(blobStatsArguments(prefix), signal)),
    setMaintenance: async (request, signal) => void (await ask(maintenanceSetArguments(request), signal, false)),
    create: async (signal) => {
      await run(await options.storage.creation(await workDirectory()), false, signal);
      return open(signal);
    },
    close: async () => {
      await warm.stop();
      if (work) await rm(await work, { recursive: true, force: true });
    },
  };
}
