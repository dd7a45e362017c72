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
  repositoryCreateArguments,
  repositoryStatusArguments,
  snapshotListArguments,
} from './arguments.ts';
import { buildKopiaConfig } from './config.ts';
import { classifyKopiaError } from './errors.ts';
import { type FormatFile, readFormatFile } from './format-file.ts';
import { maintenanceInfoArguments, maintenanceSetArguments } from './maintenance-arguments.ts';
import { type MaintenanceInfo, parseMaintenanceInfo } from './maintenance-info.ts';
import { type ListedSnapshot, parsePolicy, parseSnapshotList, parseUniqueId } from './output.ts';
import { parseStoredPolicies, type StoredPolicies } from './policy-hierarchy.ts';
import type { KopiaEnvironment, RunKopia } from './process.ts';
import { startKopiaServer } from './server.ts';
import { understood } from './understood.ts';
import { readSourceState, type SourceState } from './warm-reader.ts';
import { createWarmServer } from './warm-server.ts';

export interface RepositoryClientOptions {
  /** Folder of the repository, as this process sees it. */
  readonly path: string;
  readonly binary: string;
  /** Read at each start of Kopia; never logged, never in an argv. */
  readonly password: () => string;
  /** Survives between runs; a folder per unique id is made in it. */
  readonly cacheDirectory: string;
  readonly runKopia: RunKopia;
}

/** What the repository's worker asks of Kopia. Every method throws PortError. */
export interface RepositoryClient {
  /** From the file itself, each time. */
  format(): Promise<FormatFile>;
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
  /** Makes `owner` (`user@host`) the one who maintains, and switches both cycles on. */
  setMaintenance(owner: string, signal?: AbortSignal): Promise<void>;
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
      path: options.path,
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
    const failure = classifyKopiaError(done.stderr, { secrets: [options.password()] });
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
  const format = (): Promise<FormatFile> => readFormatFile(options.path);
  const open = async (signal?: AbortSignal): Promise<string> =>
    understood(parseUniqueId, await run(repositoryStatusArguments(), true, signal));

  const listSnapshots = async (identity: Identity, signal?: AbortSignal): Promise<ListedSnapshot[]> => {
    const { uniqueId } = await format();
    const output = await run(snapshotListArguments({ identity }), true, signal, uniqueId);
    // Kopia lists the snapshots of folders above the path too.
    return understood(parseSnapshotList, output).filter((listed) => listed.identity === formatIdentity(identity));
  };

  return {
    format,
    open,
    listSnapshots,
    sourceState: async (identity, signal) => {
      const known = await format();
      const answer = await warm.tryAsk(known, (server) => readSourceState(server, identity));
      if (answer) return answer;
      const [listed, policy] = await Promise.all([
        listSnapshots(identity, signal),
        run(policyShowArguments(identity), true, signal, known.uniqueId),
      ]);
      return { snapshots: listed.map(({ summary }) => summary), policy: understood(parsePolicy, policy) };
    },
    identities: async (signal) => {
      const { uniqueId } = await format();
      const output = await run(snapshotListArguments({}), true, signal, uniqueId);
      return [...new Set(understood(parseSnapshotList, output).map(({ identity }) => identity))];
    },
    everySnapshot: async (signal) => {
      const { uniqueId } = await format();
      return understood(parseSnapshotList, await run(everySnapshotArguments(), true, signal, uniqueId));
    },
    policies: async (signal) => {
      const { uniqueId } = await format();
      return understood(parseStoredPolicies, await run(policyExportArguments(), true, signal, uniqueId));
    },
    setPolicy: async (request, signal) => {
      const { uniqueId } = await format();
      await run(policySetArguments(request), false, signal, uniqueId);
    },
    maintenanceInfo: async (signal) => {
      const { uniqueId } = await format();
      return understood(parseMaintenanceInfo, await run(maintenanceInfoArguments(), true, signal, uniqueId));
    },
    setMaintenance: async (owner, signal) => {
      const { uniqueId } = await format();
      await run(maintenanceSetArguments(owner), false, signal, uniqueId);
    },
    create: async (signal) => {
      await run(repositoryCreateArguments({ path: options.path }), false, signal);
      return open(signal);
    },
    close: async () => {
      await warm.stop();
      if (work) await rm(await work, { recursive: true, force: true });
    },
  };
}
