import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { everySnapshotArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { folderClientStorage } from '../../../activities/kopia/client-storage.ts';
import { maintenanceRunArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import { parseSnapshotList } from '../../../activities/kopia/output.ts';
import { runKopia } from '../../../activities/kopia/process.ts';
import { createRepositoryClient, type RepositoryClient } from '../../../activities/kopia/repository-client.ts';
import { Bench, IDENTITY, kopiaBinary } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FIXTURES = fileURLToPath(new URL('../../fixtures/repositories/', import.meta.url));
/** See record.sh beside the fixtures. */
const PASSWORD = 'fixture-password';
const WORDS = { first: 'the first words', last: 'the last words' };

let binary: string;
let bench: Bench;
let client: RepositoryClient;
beforeAll(async () => {
  binary = await kopiaBinary();
});
afterEach(async () => {
  await client.close();
  bench.remove();
});

/** A repository that another version wrote, ready for the pinned one. */
function unpack(name: string): void {
  bench = new Bench(binary);
  execFileSync('tar', ['-xzf', join(FIXTURES, name), '-C', bench.repository]);
  client = createRepositoryClient({
    storage: folderClientStorage(bench.repository),
    binary,
    password: () => PASSWORD,
    cacheDirectory: bench.cache,
    runKopia,
  });
}

const kopia = (args: readonly string[]): string => bench.kopia(args, { password: PASSWORD });

function restored(snapshotId: string): Record<string, string> {
  const target = join(bench.root, `restored-${snapshotId}`);
  kopia(snapshotRestoreArguments({ snapshotId, targetPath: target, skipOwners: true }));
  const words = readFileSync(join(target, 'words'), 'utf8');
  return { words, zeros: String(readFileSync(join(target, 'folder/zeros')).length) };
}

describe.each(readdirSync(FIXTURES).filter((name) => name.endsWith('.tar.gz')))('a repository of %s', (name) => {
  it('is opened as it is, and every snapshot in it restores', async () => {
    unpack(name);
    expect(await client.open()).toMatch(/^[0-9a-f]{64}$/);
    const snapshots = (await client.listSnapshots(IDENTITY)).map(({ summary }) => summary);
    expect(snapshots).toHaveLength(2);
    const [first, last] = [...snapshots].sort((a, b) => a.startTime.localeCompare(b.startTime));
    expect(restored(first!.id)).toEqual({ words: WORDS.first, zeros: '5000' });
    expect(restored(last!.id)).toEqual({ words: WORDS.last, zeros: '5000' });
    expect((await client.identities()).sort()).toEqual(['app-src@demo:/data', 'other-src@demo:/data']);
  });

  it('takes new backups and full maintenance, and nothing of the old ones is lost', async () => {
    unpack(name);
    writeFileSync(join(bench.data, 'words'), 'words of today');
    kopia(['snapshot', 'create', bench.data, '--override-source=app-src@demo:/data', '--no-progress']);
    await client.setMaintenance({
      owner: IDENTITY,
      quickIntervalSeconds: 3600,
      fullIntervalSeconds: 86_400,
      logAgeHours: 1,
    });
    kopia(maintenanceRunArguments({ full: true }));
    const { tasks } = await client.maintenanceInfo();
    expect(tasks.some(({ task, error }) => task === 'snapshot-gc' && error === undefined)).toBe(true);
    const all = parseSnapshotList(kopia(everySnapshotArguments()));
    expect(all).toHaveLength(4);
    for (const { summary } of all.filter(({ identity }) => identity === 'other-src@demo:/data'))
      expect(restored(summary.id)).toEqual({ words: WORDS.last, zeros: '5000' });
    // Without a cache, every byte.
    kopia(['snapshot', 'verify', '--verify-files-percent=100']);
  });
});
