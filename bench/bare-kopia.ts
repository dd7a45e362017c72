import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Stage } from './stage.ts';
import { settleDisk } from './volumes.ts';

/** Kopia without anything around it, on this machine and on the storage that the movers use. */
export interface BareKopia {
  /** Seconds: of the whole process, and what the snapshot itself says. */
  snapshot(path: string): Promise<{ readonly id: string; readonly process: number; readonly data: number }>;
  /** Into a new folder on the same storage, which is removed again. Seconds: of the process, and until all of it is on the disk. */
  restore(id: string): Promise<{ readonly process: number; readonly synced: number; readonly data: number }>;
  close(): Promise<void>;
}

interface Created {
  readonly id: string;
  readonly startTime: string;
  readonly endTime: string;
}

/** A fresh repository of its own beside the volumes, with the compression and parallelism of Stowage's defaults. */
export async function openBareKopia(stage: Stage): Promise<BareKopia> {
  const { platform, store } = stage;
  const kopia = platform.tools.kopia;
  if (!kopia) throw new Error(`platform ${platform.name} names no kopia among its tools`);
  const home = await mkdtemp(join(tmpdir(), 'stowage-bench-'));
  const folder = await mkdtemp(join(store, 'bare-kopia-'));
  const env = {
    HOME: home,
    KOPIA_PASSWORD: 'bench',
    KOPIA_CONFIG_PATH: join(home, 'kopia.config'),
    KOPIA_CACHE_DIRECTORY: join(folder, 'cache'),
    KOPIA_CHECK_FOR_UPDATES: 'false',
  };
  const run = async (...args: readonly string[]) => {
    const started = performance.now();
    const all = [...args, '--disable-file-logging', '--no-progress'];
    const { stdout, stderr } = await execa(kopia, all, { env, extendEnv: false, stdin: 'ignore' });
    return { stdout, stderr, seconds: (performance.now() - started) / 1000 };
  };
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await run('repository', 'create', 'filesystem', `--path=${repository}`);
  await run('policy', 'set', '--global', '--compression=zstd-fastest', '--max-parallel-file-reads=2');
  return {
    async snapshot(path) {
      const { stdout, seconds } = await run(
        'snapshot',
        'create',
        '--json',
        '--no-auto-maintenance',
        '--parallel=2',
        path,
      );
      const { id, startTime, endTime } = JSON.parse(stdout) as Created;
      return { id, process: seconds, data: (Date.parse(endTime) - Date.parse(startTime)) / 1000 };
    },
    async restore(id) {
      const target = await mkdtemp(join(folder, 'restored-'));
      const started = performance.now();
      const { seconds, data } = await restoreInto(kopia, env, id, target);
      await settleDisk(stage);
      const synced = (performance.now() - started) / 1000;
      await rm(target, { recursive: true });
      return { process: seconds, synced, data };
    },
    async close() {
      await rm(folder, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** `data`: from Kopia's first line to its last, as the mover's log is read. */
async function restoreInto(kopia: string, env: Readonly<Record<string, string>>, id: string, target: string) {
  const started = performance.now();
  const args = ['snapshot', 'restore', id, target, '--disable-file-logging', '--no-progress'];
  const child = execa(kopia, args, { env, extendEnv: false, stdin: 'ignore', all: true });
  const times: number[] = [];
  for await (const _line of child.iterable({ from: 'all' })) times.push(performance.now());
  await child;
  const [first] = times;
  const last = times.at(-1);
  if (first === undefined || last === undefined) throw new Error('kopia snapshot restore said nothing');
  return { seconds: (performance.now() - started) / 1000, data: (last - first) / 1000 };
}
