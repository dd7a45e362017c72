import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { snapshotTree } from '../../../activities/checker/snapshot-tree.ts';
import { buildKopiaConfig, folderStorage } from '../../../activities/kopia/config.ts';
import { type KopiaOutcome, runKopia } from '../../../activities/kopia/process.ts';
import { startKopiaServer } from '../../../activities/kopia/server.ts';
import { layoutProblem } from '../../../activities/verifier/layout.ts';
import type { VerifyTools } from '../../../activities/verifier/verify.ts';
import type { ClockedRepository } from '../care/clocked-repository.ts';

const READER = { username: 'reader', hostname: 'stowage' } as const;

/** A reader of a repository that has read nothing before. */
export class FreshKopia implements VerifyTools {
  readonly root: string;
  private readonly binary: string;
  private readonly config: string;
  private readonly environment: Parameters<typeof runKopia>[0]['environment'];

  constructor(repository: ClockedRepository, path: string) {
    this.root = mkdtempSync(join(repository.root, 'fresh-'));
    this.binary = repository.binary;
    const cacheDirectory = join(this.root, 'cache');
    mkdirSync(cacheDirectory);
    const configPath = join(this.root, 'kopia.config');
    this.config = buildKopiaConfig({ identity: READER, storage: folderStorage(path), cacheDirectory, readOnly: true });
    writeFileSync(configPath, this.config);
    this.environment = { ...repository.environment(READER), configPath, homeDirectory: this.root };
  }

  layoutProblem(): Promise<string | undefined> {
    return layoutProblem(this.config);
  }

  run(args: string[]): Promise<KopiaOutcome> {
    const { binary, environment } = this;
    return runKopia({ binary, args, environment, timeoutMilliseconds: 60_000 });
  }

  async openTree() {
    const server = await startKopiaServer({
      binary: this.binary,
      environment: this.environment,
      socketRoot: this.root,
      startTimeoutMilliseconds: 30_000,
      silenceTimeoutMilliseconds: 30_000,
    });
    return { tree: snapshotTree(server), stop: () => server.stop() };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
