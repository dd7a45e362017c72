import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  everySnapshotArguments,
  repositoryCreateArguments,
  snapshotCreateArguments,
} from '../../../activities/kopia/arguments.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import { maintenanceInfoArguments, maintenanceSetArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import { type MaintenanceInfo, parseMaintenanceInfo } from '../../../activities/kopia/maintenance-output.ts';
import { type ListedSnapshot, parseSnapshotCreated, parseSnapshotList } from '../../../activities/kopia/output.ts';
import { runKopia } from '../../../activities/kopia/process.ts';
import type { Identity } from '../../../api/identity.ts';
import { ensureTools } from '../../../platform/toolchain/ensure.ts';
import { type FakeClock, startFakeClock } from '../../servers/fake-clock.ts';
import { PASSWORD } from '../kopia/real-kopia.ts';

export const OWNER = { username: 'maintenance', hostname: 'stowage' } as const;

export const HOUR = 3_600_000;

/** Kopia with a clock that can be moved; built once, and only for tests that move it. */
export const fakeClockKopia = async (): Promise<string> =>
  (await ensureTools(['kopia-fake-clock']))['kopia-fake-clock']!;

/** A repository whose files, programs and snapshots all live in the time of one fake clock. */
export class ClockedRepository {
  readonly root = mkdtempSync(join(tmpdir(), 'stowage-clocked-'));
  readonly path = join(this.root, 'repository');
  readonly clock: FakeClock;
  readonly binary: string;
  private readonly configs = new Set<string>();

  private constructor(binary: string, clock: FakeClock) {
    this.binary = binary;
    this.clock = clock;
  }

  static async create(binary: string, start: number): Promise<ClockedRepository> {
    const repository = new ClockedRepository(binary, await startFakeClock(start));
    await repository.createAt(repository.path);
    // Merges the indexes of each hour's writers four times as often as by default: opening costs half, nothing else changes.
    await repository.kopia(['repository', 'set-parameters', '--epoch-min-duration=6h']);
    const ages = { quickIntervalSeconds: 3_600, fullIntervalSeconds: 86_400, logAgeHours: 72 };
    await repository.kopia(maintenanceSetArguments({ owner: OWNER, ...ages }));
    return repository;
  }

  /** Another, empty repository under the same password and clock. */
  async createAt(path: string): Promise<void> {
    mkdirSync(path);
    await this.kopia(repositoryCreateArguments({ path }), OWNER, path);
  }

  /** The file that tells a client which repository is meant; all share one cache, so that an index is stored once. */
  config(client: Pick<Identity, 'username' | 'hostname'>, path = this.path): string {
    const name = `${client.username}-${path.split('/').at(-1)}`;
    const file = join(this.root, `${name}.config`);
    const cacheDirectory = join(this.root, `cache-${path.split('/').at(-1)}`);
    // Once: another Kopia may be reading it.
    if (!this.configs.has(file)) {
      writeFileSync(
        file,
        buildKopiaConfig({ identity: client, storage: folderStorage(path), cacheDirectory, readOnly: false }),
      );
      this.configs.add(file);
    }
    return file;
  }

  /** What a process of this client finds in its environment. */
  environment(client: Pick<Identity, 'username' | 'hostname'>, path = this.path) {
    return {
      configPath: this.config(client, path),
      password: PASSWORD,
      homeDirectory: this.root,
      extra: { KOPIA_FAKE_CLOCK_ENDPOINT: this.clock.endpoint },
    };
  }

  /** Runs Kopia to its end. Returns stdout; throws with what it said when it failed. */
  async kopia(args: string[], client: Pick<Identity, 'username' | 'hostname'> = OWNER, path = this.path) {
    const environment = this.environment(client, path);
    const done = await runKopia({ binary: this.binary, args, environment, timeoutMilliseconds: 120_000 });
    if (done.exitCode !== 0) throw new Error(`kopia ${args.join(' ')}: exit ${done.exitCode}: ${done.stderr}`);
    return done.stdout;
  }

  async backup(identity: Identity, sourcePath: string): Promise<ListedSnapshot> {
    const args = snapshotCreateArguments({ sourcePath, identity, tags: {}, parallelism: 2 });
    const created = parseSnapshotCreated(await this.kopia(args, identity));
    if (!created) throw new Error('Kopia printed no snapshot');
    return created;
  }

  async list(): Promise<ListedSnapshot[]> {
    return parseSnapshotList(await this.kopia(everySnapshotArguments()));
  }

  async maintenanceInfo(): Promise<MaintenanceInfo> {
    return parseMaintenanceInfo(await this.kopia(maintenanceInfoArguments()));
  }

  async remove(): Promise<void> {
    await this.clock.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Every file below a folder, as paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Bytes of all files below a folder. */
export const bytesBelow = (folder: string): number =>
  filesBelow(folder).reduce((sum, file) => sum + statSync(file).size, 0);
