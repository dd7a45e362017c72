import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { compareTree } from '../../../activities/checker/compare-tree.ts';
import {
  everySnapshotArguments,
  policyExportArguments,
  policySetArguments,
  snapshotRestoreArguments,
} from '../../../activities/kopia/arguments.ts';
import { maintenanceInfoArguments, maintenanceRunArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import type { ListedSnapshot } from '../../../activities/kopia/output.ts';
import { PortError } from '../../../activities/ports/port-error.ts';
import { verifyRepository } from '../../../activities/verifier/verify.ts';
import { isWhole } from '../../../api/verify-report.ts';
import { FailureType } from '../../../workflows/failures.ts';
import { seeded } from '../../system/seeded.ts';
import { ChangingApplication, type Tree, treeOf } from '../care/changing-application.ts';
import { ClockedRepository, fakeClockKopia, filesBelow, HOUR } from '../care/clocked-repository.ts';
import { FreshKopia } from './fresh-kopia.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const SEED = Number(process.env.STOWAGE_TEST_SEED ?? 20_261_125);

/** In the past: see thirty-days.kopia.test.ts. */
const START = Date.parse('2024-02-10T00:20:00Z');

/** Long enough for merged and superseded indexes. */
const HOURS = 40;

/** Flips by what the byte belongs to, 100 together. */
const PLACES: readonly (readonly [kind: string, flips: number, path: RegExp])[] = [
  ['data', 38, /^p\//],
  ['metadata', 26, /^q\//],
  ['index', 16, /^x/],
  ['format and records', 11, /^kopia\./],
  // Kopia looks for this file's sense for half a minute before it gives up.
  ['folders', 1, /^\.shards/],
  ['logs and sessions', 8, /^(_|s)\//],
];

/** What a repository that can't be read may say of itself; anything else would hide the damage. */
const REFUSALS: readonly string[] = [
  FailureType.RepositoryCorrupt,
  FailureType.WrongPassword,
  FailureType.RepositoryNotFound,
];

interface Flip {
  readonly kind: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly offset: number;
  readonly mask: number;
}

const random = seeded(SEED);
const trees = new Map<string, Tree>();
let repository: ClockedRepository;
let listed: ListedSnapshot[];
let records: string[];

beforeAll(async () => {
  repository = await ClockedRepository.create(await fakeClockKopia(), START);
  const applications = [1, 2].map((each) => {
    const base = { files: 5, bytes: 40_000 };
    return new ChangingApplication({
      name: `app-${each}`,
      seed: SEED + each,
      folder: join(repository.root, `app-${each}`),
      base,
    });
  });
  // Of several pieces, which a list in the metadata holds together.
  writeFileSync(join(applications[0]!.folder, 'large'), Buffer.alloc(9_000_000, 'stowage '));
  const retain = { latest: 4, hourly: 0, daily: 2, weekly: 0, monthly: 0, yearly: 0 };
  for (const { identity } of applications) {
    await repository.kopia(policySetArguments({ identity, retain, compression: 'zstd' }), identity);
  }
  for (let hour = 0; hour < HOURS; hour++) {
    repository.clock.now = START + hour * HOUR;
    for (const application of applications) {
      application.work();
      const tree = treeOf(application.folder);
      const made = await repository.backup(application.identity, application.folder);
      trees.set(made.summary.id, tree);
    }
    if (hour % 4 === 3) await repository.kopia(maintenanceRunArguments({ full: hour % 24 === 23 }));
  }
  listed = await repository.list();
  records = await recordsOf(repository.path);
});

afterAll(() => repository.remove());

/** Everything that Kopia tells of a repository beside its data. */
async function recordsOf(path: string): Promise<string[]> {
  const fresh = new FreshKopia(repository, path);
  try {
    const said: string[] = [];
    for (const args of [everySnapshotArguments(), policyExportArguments(), maintenanceInfoArguments()]) {
      said.push((await fresh.run(args)).stdout);
    }
    return said;
  } finally {
    fresh.remove();
  }
}

function anyFlips(): Flip[] {
  const files = filesBelow(repository.path)
    .filter((file) => statSync(file).size > 0)
    .map((file) => file.slice(repository.path.length + 1));
  return PLACES.flatMap(([kind, flips, path]) => {
    const candidates = files.filter((file) => path.test(file));
    return Array.from({ length: flips }, () => ({ kind, ...anyByte(candidates), mask: 1 + random.below(255) }));
  });
}

/** Each byte of all these files is as likely. */
function anyByte(files: readonly string[]): { readonly file: string; readonly offset: number } {
  const sizes = files.map((file) => statSync(join(repository.path, file)).size);
  let offset = random.below(sizes.reduce((sum, size) => sum + size, 0));
  const at = sizes.findIndex((size) => {
    if (offset < size) return true;
    offset -= size;
    return false;
  });
  return { file: files[at]!, offset };
}

function flip(path: string, { file, offset, mask }: Flip): void {
  const bytes = readFileSync(join(path, file));
  bytes[offset]! ^= mask;
  writeFileSync(join(path, file), bytes);
}

/** Restores one snapshot by a reader that read nothing before. True: exactly what was backed up. */
async function restores(path: string, { summary }: ListedSnapshot): Promise<boolean> {
  const fresh = new FreshKopia(repository, path);
  try {
    const target = join(fresh.root, 'restored');
    const args = snapshotRestoreArguments({ snapshotId: summary.id, targetPath: target, skipOwners: false });
    return (await fresh.run(args)).exitCode === 0 && same(treeOf(target), trees.get(summary.id)!);
  } finally {
    fresh.remove();
  }
}

/** The same with the product's comparison, whose verdict must be right also where Kopia's exit code is not asked. */
async function restore(path: string, { summary }: ListedSnapshot): Promise<'equal' | 'refused'> {
  const fresh = new FreshKopia(repository, path);
  try {
    const target = join(fresh.root, 'restored');
    const args = snapshotRestoreArguments({ snapshotId: summary.id, targetPath: target, skipOwners: false });
    const done = await fresh.run(args);
    const right = done.exitCode === 0 && same(treeOf(target), trees.get(summary.id)!);
    const comparison = await compared(fresh, target, summary.rootObject);
    // The comparison alone, without Kopia's exit code, tells right from wrong.
    if (right || comparison === 'equal') expect([right, comparison]).toEqual([true, 'equal']);
    return comparison;
  } finally {
    fresh.remove();
  }
}

/** What the product's own comparison says before a volume is handed over. */
async function compared(fresh: FreshKopia, root: string, snapshotRoot: string): Promise<'equal' | 'refused'> {
  try {
    const { tree, stop } = await fresh.openTree();
    try {
      const { mismatches } = await compareTree(tree, { root, snapshotRoot, sampleEvery: 1 });
      return mismatches.count === 0 ? 'equal' : 'refused';
    } finally {
      await stop();
    }
  } catch (error) {
    // No target at all, or a repository that can't be read.
    if (error instanceof PortError || (error as NodeJS.ErrnoException).code === 'ENOENT') return 'refused';
    throw error;
  }
}

const same = (a: Tree, b: Tree): boolean => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

/** Verifies a damaged repository. Returns which snapshots it names; undefined: it found nothing wrong. */
async function verified(path: string, context: string): Promise<readonly string[] | 'all' | undefined> {
  const fresh = new FreshKopia(repository, path);
  try {
    const report = await verifyRepository({ mode: 'deep', part: { index: 0, of: 1 } }, fresh);
    if (isWhole(report)) return undefined;
    return report.unreadable === undefined ? report.affected.map(({ id }) => id) : 'all';
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    expect([context, error.message, REFUSALS.includes(error.type)]).toEqual([context, error.message, true]);
    return 'all';
  } finally {
    fresh.remove();
  }
}

it('finds each of 100 flipped bytes or the byte carries nothing, and nothing wrong is ever restored', async () => {
  const flips = anyFlips();
  expect(flips).toHaveLength(100);
  const counts = new Map<string, { found: number; carriesNothing: number; refused: number }>();
  const workers = ['a', 'b'].map(async (name) => {
    const copy = join(repository.root, `copy-${name}`);
    cpSync(repository.path, copy, { recursive: true, preserveTimestamps: true });
    for (let each = flips.pop(); each; each = flips.pop()) {
      flip(copy, each);
      const count = counts.get(each.kind) ?? { found: 0, carriesNothing: 0, refused: 0 };
      counts.set(each.kind, count);
      const context = `${JSON.stringify(each)}, seed ${SEED}`;
      const affected = await verified(copy, context);
      if (affected === undefined) {
        count.carriesNothing++;
        expect([context, await recordsOf(copy)]).toEqual([context, records]);
        for (const snapshot of listed) expect([context, await restores(copy, snapshot)]).toEqual([context, true]);
      } else {
        count.found++;
        const suspect = listed.filter(({ summary }) => affected === 'all' || affected.includes(summary.id));
        const others = listed.filter((snapshot) => !suspect.includes(snapshot));
        if (suspect.length > 0 && (await restore(copy, suspect[0]!)) === 'refused') count.refused++;
        else if (affected !== 'all') expect([context, suspect.length]).toEqual([context, 0]);
        if (others.length > 0) expect([context, await restore(copy, others[0]!)]).toEqual([context, 'equal']);
      }
      flip(copy, each);
    }
    rmSync(copy, { recursive: true });
  });
  await Promise.all(workers);
  console.info(Object.fromEntries(counts));
  for (const kind of ['data', 'metadata', 'index', 'format and records']) {
    expect([kind, counts.get(kind)!.found > 2]).toEqual([kind, true]);
  }
});
