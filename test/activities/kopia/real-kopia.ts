import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { snapshotCreateArguments } from '../../../activities/kopia/arguments.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import { type CreatedSnapshot, parseSnapshotCreated } from '../../../activities/kopia/output.ts';
import type { Identity } from '../../../api/identity.ts';

export const PASSWORD = 'correct horse battery staple';
export const IDENTITY: Identity = { username: 'app-src', hostname: 'demo', path: '/data' };

/** The real program: STOWAGE_KOPIA, else the tool cache, else PATH. */
export async function kopiaBinary(): Promise<string> {
  const named = process.env.STOWAGE_KOPIA;
  if (named) return named;
  const found = spawnSync('kopia', ['--version'], { encoding: 'utf8' });
  if (found.status === 0 && found.stdout.startsWith('v0.21.1')) return 'kopia';
  const { ensureTools } = await import('../../../platform/toolchain/ensure.ts');
  return (await ensureTools(['kopia'], { onProgress: () => undefined })).kopia!;
}

/** A folder for one test, a repository in it and a mover's way to write into it. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), 'stowage-test-'));
  readonly repository = join(this.root, 'repository');
  readonly data = join(this.root, 'data');
  readonly cache = join(this.root, 'cache');
  readonly binary: string;

  constructor(binary: string) {
    this.binary = binary;
    for (const folder of [this.repository, this.data, this.cache]) mkdirSync(folder);
  }

  /** Runs Kopia as a mover would, with the writer's configuration. Returns stdout; the log is in the error. */
  kopia(args: readonly string[], options: { readonly password?: string; readonly clock?: string } = {}): string {
    return execFileSync(this.binary, args, { encoding: 'utf8', env: this.environment(options), stdio: 'pipe' });
  }

  environment(options: { readonly password?: string } = {}): Record<string, string> {
    const config = join(this.root, 'mover.config');
    const text = buildKopiaConfig({
      identity: IDENTITY,
      storage: folderStorage(this.repository),
      cacheDirectory: join(this.root, 'mover-cache'),
      readOnly: false,
    });
    writeFileSync(config, text);
    return {
      HOME: this.root,
      TZ: 'UTC',
      KOPIA_CONFIG_PATH: config,
      KOPIA_PASSWORD: options.password ?? PASSWORD,
      KOPIA_CHECK_FOR_UPDATES: 'false',
    };
  }

  /** One backup of `data`; `startTime` as `2026-11-23 12:00:00 UTC` files it under another time. */
  backup(
    runId: string,
    options: { readonly identity?: Identity; readonly startTime?: string; readonly more?: readonly string[] } = {},
  ): CreatedSnapshot {
    const args = snapshotCreateArguments({
      sourcePath: this.data,
      identity: options.identity ?? IDENTITY,
      tags: { 'stowage-run': runId },
      parallelism: 2,
    });
    const times = options.startTime ? [`--start-time=${options.startTime}`, `--end-time=${options.startTime}`] : [];
    const done = spawnSync(this.binary, [...args, ...times, ...(options.more ?? [])], {
      encoding: 'utf8',
      env: this.environment(),
    });
    const created = parseSnapshotCreated(done.stdout);
    if (!created) throw new Error(`no snapshot: ${done.stderr}`);
    return created;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
