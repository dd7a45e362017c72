import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { snapshotCreateArguments } from '../../activities/kopia/arguments.ts';
import { storeClientStorage } from '../../activities/kopia/client-storage.ts';
import { buildKopiaConfig, folderStorage, type KopiaStorage } from '../../activities/kopia/config.ts';
import { parseSnapshotCreated } from '../../activities/kopia/output.ts';
import { createRepositoryActivities, type RepositoryDependencies } from '../../activities/repository/activities.ts';
import type { S3Server } from '../../platform/servers/s3-server.ts';
import { readStoreAccess } from '../../workers/secrets.ts';
import { Bench, IDENTITY, PASSWORD } from '../activities/kopia/real-kopia.ts';
import type { RepositoryGround } from './repository.ts';

const run = promisify(execFile);

interface Place {
  readonly bench: Bench;
  /** Where its files lie on this machine. */
  readonly folder: string;
  readonly storage: KopiaStorage;
  readonly environment: Readonly<Record<string, string>>;
  readonly dependencies: Pick<RepositoryDependencies, 'path' | 'store'>;
}

/** A folder of this machine. */
export function folderGround(binary: string): RepositoryGround {
  const bench = new Bench(binary);
  const folder = bench.repository;
  return groundOf({ bench, folder, storage: folderStorage(folder), environment: {}, dependencies: { path: folder } });
}

/** A prefix in a new bucket of a real S3 server, by the keys that people have in their Secrets. */
export async function s3Ground(binary: string, server: S3Server, bucket: string): Promise<RepositoryGround> {
  const bench = new Bench(binary);
  const folder = join(await server.createBucket(bucket), 'apps/emby');
  const store = readStoreAccess(server.secretValues({ bucket, prefix: 'apps/emby' }, PASSWORD))!;
  const { storage, environment } = storeClientStorage(store);
  const place = { storage: storage(), environment: environment() };
  return groundOf({ bench, folder, ...place, dependencies: { path: '/nowhere', store } });
}

function groundOf({ bench, folder, storage, environment, dependencies }: Place): RepositoryGround {
  const mover = async (args: readonly string[]): Promise<string> => {
    const config = join(bench.root, 'ground.config');
    const cacheDirectory = join(bench.root, 'ground-cache');
    writeFileSync(config, buildKopiaConfig({ identity: IDENTITY, storage, cacheDirectory, readOnly: false }));
    const env = { ...bench.environment(), KOPIA_CONFIG_PATH: config, ...environment };
    return (await run(bench.binary, [...args], { env })).stdout;
  };
  writeFileSync(join(bench.data, 'file'), 'content');
  return {
    role: ({ password = PASSWORD } = {}) =>
      createRepositoryActivities({
        repository: 'kopia',
        ...dependencies,
        kopiaBinary: bench.binary,
        password: () => password,
        cacheDirectory: bench.cache,
      }),
    mover,
    async backup(runId) {
      const request = { sourcePath: bench.data, identity: IDENTITY, tags: { 'stowage-run': runId }, parallelism: 2 };
      const created = parseSnapshotCreated(await mover(snapshotCreateArguments(request)));
      if (!created) throw new Error('no snapshot was made');
      return created.summary.id;
    },
    content: async () =>
      existsSync(folder)
        ? (readdirSync(folder, { recursive: true }) as string[])
            .filter((name) => statSync(join(folder, name)).isFile())
            .map((name) => `${name} ${statSync(join(folder, name)).size}`)
            .sort()
        : [],
    async addForeignFile() {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'holiday.jpg'), 'somebody else');
    },
    async wipe() {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    },
    async close() {
      bench.remove();
    },
  };
}
