import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { policyShowArguments } from '../../../activities/kopia/arguments.ts';
import { parsePolicy } from '../../../activities/kopia/output.ts';
import { effectivePolicy, parseStoredPolicies } from '../../../activities/kopia/policy-hierarchy.ts';
import { createRepositoryActivities, type RepositoryRole } from '../../../activities/repository/activities.ts';
import type { Identity } from '../../../api/identity.ts';
import { Bench, IDENTITY, kopiaBinary, PASSWORD } from '../kopia/real-kopia.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const binary = await kopiaBinary();
const DECLARED = { latest: 0, hourly: 24, daily: 7, weekly: 0, monthly: 0, yearly: 0 };
const other = (username: string, hostname = 'demo', path = '/data'): Identity => ({ username, hostname, path });

let bench: Bench;
let role: RepositoryRole;

beforeEach(() => {
  bench = new Bench(binary);
  role = createRepositoryActivities({
    repository: 'kopia',
    path: bench.repository,
    kopiaBinary: binary,
    password: () => PASSWORD,
    cacheDirectory: bench.cache,
    now: () => new Date('2026-11-25T00:00:00Z'),
  });
  writeFileSync(join(bench.data, 'file'), 'content');
});

afterEach(async () => {
  await role.close();
  bench.remove();
});

/** As VolSync makes it: Kopia's own modes and layout, no policy of Stowage's. */
function createByVolSync(): void {
  bench.kopia([
    ...['repository', 'create', 'filesystem', `--path=${bench.repository}`],
    ...[`--config-file=${join(bench.root, 'volsync.config')}`, `--cache-directory=${join(bench.root, 'old-cache')}`],
  ]);
}

const policySet = (target: string, ...flags: string[]): string => bench.kopia(['policy', 'set', ...flags, target]);

async function inspect(...identities: readonly Identity[]) {
  const { uniqueId } = await role.identifyRepository({ repository: 'kopia' });
  const sources = identities.map((identity) => ({ identity, retain: DECLARED, compression: 'zstd-fastest' }));
  return await role.inspectContent({ repository: 'kopia', expectedUniqueId: uniqueId, sources });
}

describe('what is in a repository', () => {
  it('is counted for every identity, and a dry run tells what declared retention would remove beyond what is in effect', async () => {
    createByVolSync();
    // VolSync's retain {hourly: 24, daily: 7} left weekly, monthly and yearly to Kopia's defaults.
    policySet('app-src@demo:/data', '--keep-hourly=24', '--keep-daily=7', '--compression=zstd-fastest');
    for (const day of ['2026-01-10', '2026-03-10', '2026-11-23']) {
      bench.backup(day, { startTime: `${day} 12:00:00 UTC` });
    }
    bench.backup('x', { identity: other('other'), startTime: '2026-11-20 12:00:00 UTC' });
    const before = bench.kopia(['policy', 'export']);
    const result = await inspect(IDENTITY, other('app-src', 'wrong'));

    expect(result.identities).toMatchObject({
      count: 2,
      listed: [
        { identity: 'app-src@demo:/data', count: 3, oldest: '2026-01-10T12:00:00Z', newest: '2026-11-23T12:00:00Z' },
        { identity: 'other@demo:/data', count: 1 },
      ],
    });
    const [source, mistaken] = result.sources;
    expect(source).toMatchObject({
      count: 3,
      bytes: 7,
      removed: { count: 2, oldest: '2026-01-10T12:00:00Z', newest: '2026-03-10T12:00:00Z' },
      policy: {
        retain: { latest: 10, hourly: 24, daily: 7, weekly: 4, monthly: 24, yearly: 3 },
        compression: 'zstd-fastest',
      },
      policyDiffers: true,
      similar: [],
    });
    expect(mistaken).toMatchObject({ count: 0, removed: { count: 0 }, similar: ['app-src@demo:/data'] });
    expect(bench.kopia(['policy', 'export'])).toBe(before);
    expect((await inspect(IDENTITY)).identities.count).toBe(2);
  });

  it('merges policies as Kopia does', () => {
    createByVolSync();
    bench.kopia(['policy', 'set', '--global', '--keep-monthly=6', '--compression=gzip']);
    policySet('@demo', '--keep-weekly=2');
    policySet('app-src@demo', '--keep-annual=0', '--keep-daily=5');
    policySet('app-src@demo:/data', '--keep-daily=9');
    policySet('app-src@demo:/data/deep/down', '--keep-latest=1', '--compression=none');
    policySet('cut@demo:/data', '--inherit=false', '--keep-latest=3');
    const stored = parseStoredPolicies(bench.kopia(['policy', 'export']));
    const identities = [
      ...['/data', '/data/deep', '/data/deep/down', '/', '/config'].map((path) => other('app-src', 'demo', path)),
      ...[other('other'), other('other', 'elsewhere'), other('cut'), other('cut', 'demo', '/data/below')],
    ];
    for (const identity of identities) {
      const { retention, compression } = parsePolicy(bench.kopia(policyShowArguments(identity)));
      expect(effectivePolicy(stored, identity), JSON.stringify(identity)).toEqual({ retention, compression });
    }
  });

  it('answers for hundreds of identities with an answer that stays small', async () => {
    createByVolSync();
    bench.backup('first');
    const [line] = bench.kopia(['manifest', 'list', '--filter=type:snapshot', '--json']).split('\n');
    expect(line).toBeTruthy();
    for (let index = 0; index < 25; index++) bench.backup('run', { identity: other(`app-${index}`) });
    const identities = Array.from({ length: 300 }, (_, index) => other(`app-${index}`));
    const result = await inspect(...identities);
    expect(result.identities.count).toBe(26);
    expect(result.sources.filter(({ count }) => count === 1)).toHaveLength(25);
    expect(JSON.stringify(result).length).toBeLessThan(300_000);
  });

  it('tells that a group can not share what VolSync made for one user alone', async () => {
    createByVolSync();
    bench.backup('first');
    const closed = (await inspect()).access;
    expect(closed.closedFolders).toBeGreaterThan(0);
    expect(closed.closedFiles).toBeGreaterThan(0);
    expect(closed.owners).toEqual([process.getuid?.()]);
    for (const name of ['.', ...(readdirSync(bench.repository, { recursive: true }) as string[])]) {
      const path = join(bench.repository, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o2770 : 0o660);
    }
    expect((await inspect()).access).toMatchObject({ closedFolders: 0, closedFiles: 0, owners: [], examples: [] });
  });

  it('lets the first backup after VolSync upload nothing that the repository has', async () => {
    createByVolSync();
    mkdirSync(join(bench.data, 'deep'));
    for (let index = 0; index < 40; index++) {
      writeFileSync(join(bench.data, `deep/file-${index}`), Buffer.alloc(50_000, `${index}-`));
    }
    // The policy that VolSync sets, and its argv (compatibility.md 4.6); its own snapshots lack tags and flags of Stowage's.
    const config = `--config-file=${join(bench.root, 'volsync.config')}`;
    const client = ['--username=app-src', '--hostname=demo', config];
    bench.kopia(['repository', 'set-client', ...client]);
    bench.kopia(['policy', 'set', 'app-src@demo:/data', '--compression=zstd', config]);
    const volsync = [
      'snapshot',
      'create',
      bench.data,
      '--override-source=app-src@demo:/data',
      '--parallel=2',
      '--json',
    ];
    const first = JSON.parse(bench.kopia([...volsync, config])) as { rootEntry: { obj: string } };
    const packs = (): number => sizeOf('p');
    const before = packs();
    expect(before).toBeGreaterThan(1_000);

    const { uniqueId } = await role.identifyRepository({ repository: 'kopia' });
    const opened = await role.openRepository({
      ...{ repository: 'kopia', expectedUniqueId: uniqueId, identity: IDENTITY, retain: DECLARED },
      ...{ compression: 'zstd-fastest', parallelism: 2, approveRetention: false, approveShrink: false },
      approveShrink: false,
    });
    expect(opened.previous?.rootObject).toBe(first.rootEntry.obj);
    const { summary } = bench.backup('run-1');
    // Content is addressed by what it is: another compressor changes nothing that is there already.
    expect(summary.rootObject).toBe(first.rootEntry.obj);
    expect(packs()).toBe(before);
  });
});

/** Bytes in the blobs whose names begin with a letter. */
function sizeOf(letter: string): number {
  const names = readdirSync(bench.repository, { recursive: true }) as string[];
  return names
    .filter((name) => name.startsWith(letter) && name.endsWith('.f'))
    .reduce((sum, name) => sum + statSync(join(bench.repository, name)).size, 0);
}
