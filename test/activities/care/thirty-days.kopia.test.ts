import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { limitTo } from '../../../activities/checker/limit.ts';
import { policySetArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { maintenanceRunArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import type { ListedSnapshot } from '../../../activities/kopia/output.ts';
import { expiredSnapshots } from '../../../activities/kopia/retention.ts';
import { formatIdentity } from '../../../api/identity.ts';
import type { Retention } from '../../../api/retention.ts';
import { type Seeded, seeded } from '../../system/seeded.ts';
import { ChangingApplication, type Tree, treeOf } from './changing-application.ts';
import { bytesBelow, ClockedRepository, fakeClockKopia, HOUR, OWNER } from './clocked-repository.ts';
import { keptByModel } from './retention-model.ts';

// About two minutes on two idle cores.
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 300_000 });

const SEED = Number(process.env.STOWAGE_TEST_SEED ?? 20_261_125);

/**
 * Over a leap day, a month's end and five weeks, none of which has the number of its month: Kopia would take both for one.
 * In the past, because the cache's files keep real times, and those of years ago are thrown away.
 */
const START = Date.parse('2024-02-10T00:20:00Z');
const HOURS = 30 * 24;

/** Three days are lived through hour by hour; after them every fourth hour, or it would be 5,000 processes and seven minutes. */
const EVERY_HOUR_UNTIL = 3 * 24;
const isStep = (hour: number): boolean => hour < EVERY_HOUR_UNTIL || hour % 4 === 3;
const APPLICATIONS = 5;

/**
 * Bytes on disk for each byte that a fresh repository with the same snapshots takes. Kopia packs the contents of all packs
 * that are not full anew at each full maintenance and deletes the old ones a day later: some packs' size comes on top of
 * whatever there is, so the data has to be many packs large for a ratio to say anything. Packs are as small as Kopia lets them be.
 */
const MOST_OVERHEAD = 1.3;
const PACK_MEGABYTES = 10;

/** One application and how it stands. */
interface Actor {
  readonly application: ChangingApplication;
  /** What was read of its files before. */
  readonly known: Map<string, string>;
  retain: Retention;
  /** Hour until which it makes no backups. */
  downUntil: number;
}

let repository: ClockedRepository;

beforeAll(async () => {
  repository = await ClockedRepository.create(await fakeClockKopia(), START);
});

afterAll(() => repository.remove());

/** Any policy that keeps something and does not keep all. */
function anyPolicy(random: Seeded): Retention {
  const count = (most: number): number => (random.below(2) === 0 ? 0 : random.below(most + 1));
  const retain = {
    latest: count(6),
    hourly: count(36),
    daily: count(14),
    weekly: count(6),
    monthly: count(3),
    yearly: count(2),
  };
  return Object.values(retain).some((each) => each > 0) ? retain : { ...retain, latest: 1 };
}

/** One hour: what was there with what was made, and what is left. */
interface Step {
  readonly hour: number;
  /** One backup after the other. */
  readonly alone: boolean;
  readonly before: readonly ListedSnapshot[];
  readonly after: readonly ListedSnapshot[];
}

describe('30 days of backups, by moving the clock', () => {
  const random = seeded(SEED);
  const actors: Actor[] = [];
  let backups = 0;
  let removed = 0;
  let revived = 0;
  let policies = 0;
  const overheads: number[] = [];
  const trees = new Map<string, Tree>();

  async function declare(actor: Actor): Promise<void> {
    actor.retain = anyPolicy(random);
    const { identity } = actor.application;
    await repository.kopia(policySetArguments({ identity, retain: actor.retain, compression: 'zstd' }), identity);
    policies++;
  }

  async function backUp(actor: Actor): Promise<ListedSnapshot> {
    const { application } = actor;
    application.work();
    const tree = treeOf(application.folder, actor.known);
    const made = await repository.backup(application.identity, application.folder);
    trees.set(made.summary.id, tree);
    backups++;
    return made;
  }

  async function oneByOne(due: readonly Actor[]): Promise<ListedSnapshot[]> {
    const made: ListedSnapshot[] = [];
    for (const actor of due) made.push(await backUp(actor));
    return made;
  }

  /** Keeps no tree of a snapshot that is gone. */
  function forget(listed: readonly ListedSnapshot[]): void {
    const there = new Set(listed.map(({ summary }) => summary.id));
    for (const id of trees.keys()) if (!there.has(id)) trees.delete(id);
  }

  /**
   * What the policy of an application keeps is what the model says, and the preview said what would go. Kopia drops the
   * record of a deletion when two writers tidy up the list of snapshots at the same moment: a snapshot that went may
   * then be listed again, kept for no reason, until the next backup of its source. None may be there when `alone`.
   */
  function check(step: Step, { application, retain }: Actor): void {
    const identity = formatIdentity(application.identity);
    const own = (list: readonly ListedSnapshot[]) =>
      list.filter((each) => each.identity === identity).map(({ summary }) => summary);
    const before = own(step.before);
    const left = own(step.after);
    const named = (ids: Iterable<string>): string[] =>
      [...ids].map((id) => `${before.find((each) => each.id === id)?.startTime} ${id}`).sort();
    const context = `hour ${step.hour}, ${identity}, ${JSON.stringify(retain)}, seed ${SEED}`;

    const kept = keptByModel(
      before.map(({ id, startTime }) => ({ id, at: Date.parse(startTime) })),
      retain,
    );
    const reasoned = left.filter(({ retentionReasons }) => retentionReasons.length > 0).map(({ id }) => id);
    expect([context, ...named(reasoned)]).toEqual([context, ...named(kept)]);
    const gone = before.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    expect([context, ...named(expiredSnapshots(before, retain))]).toEqual([context, ...named(gone)]);
    const returned = left.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    if (step.alone) expect([context, ...named(returned)]).toEqual([context]);
    revived += returned.length;
    removed += gone.length - returned.length;
  }

  async function overhead(): Promise<number> {
    const fresh = join(repository.root, `fresh-${repository.clock.now}`);
    await repository.createAt(fresh);
    const from = repository.config(OWNER);
    await repository.kopia(['snapshot', 'migrate', '--all', `--source-config=${from}`, '--no-progress'], OWNER, fresh);
    const live = bytesBelow(fresh);
    rmSync(fresh, { recursive: true });
    return bytesBelow(repository.path) / live;
  }

  it('keeps exactly what the policies say at every step, and its size near its live data', async () => {
    await repository.kopia(['repository', 'set-parameters', `--max-pack-size-mb=${PACK_MEGABYTES}`]);
    for (let i = 0; i < APPLICATIONS; i++) {
      const application = new ChangingApplication({
        name: `app-${i}`,
        seed: SEED + i,
        folder: join(repository.root, `app-${i}`),
        base: { files: 40, bytes: 600_000 },
      });
      const actor = { application, known: new Map(), downUntil: 0, retain: anyPolicy(random) };
      actors.push(actor);
      await declare(actor);
    }
    let listed: ListedSnapshot[] = [];
    for (let hour = 0; hour < HOURS; hour++) {
      if (!isStep(hour)) continue;
      repository.clock.now = START + hour * HOUR;
      for (const actor of actors) {
        if (random.below(70) === 0) await declare(actor);
        if (random.below(200) === 0) actor.downUntil = hour + 30 + random.below(60);
      }
      const due = actors.filter(({ downUntil }) => downUntil <= hour);
      const alone = hour % 8 === 7;
      const made = await (alone ? oneByOne(due) : Promise.all(due.map(backUp)));
      const full = hour % 24 === 23;
      const [after] = await Promise.all([repository.list(), repository.kopia(maintenanceRunArguments({ full }))]);
      for (const actor of due) check({ hour, alone, before: [...listed, ...made], after }, actor);
      listed = after;
      forget(listed);
      if (hour % (7 * 24) === 7 * 24 - 1 || hour === HOURS - 1) overheads.push(await overhead());
    }
    console.info({ backups, removed, revived, policies, left: listed.length, overheads });
    expect(backups).toBeGreaterThan(APPLICATIONS * 150);
    expect(removed).toBeGreaterThan(backups / 2);
    expect(policies).toBeGreaterThan(2 * APPLICATIONS);
    for (const each of overheads) expect(each).toBeLessThan(MOST_OVERHEAD);
  });

  it('restores every snapshot that is kept exactly', async () => {
    const listed = (await repository.list()).map(({ summary }) => summary);
    const kept = listed.filter(({ retentionReasons }) => retentionReasons.length > 0).map(({ id }) => id);
    expect(kept.length).toBeGreaterThan(2 * APPLICATIONS);
    const inTurn = limitTo(4);
    await Promise.all(
      kept.map((id) =>
        inTurn(async () => {
          const target = join(repository.root, `restored-${id}`);
          await repository.kopia(snapshotRestoreArguments({ snapshotId: id, targetPath: target, skipOwners: false }));
          expect([id, treeOf(target)]).toEqual([id, trees.get(id)]);
          rmSync(target, { recursive: true });
        }),
      ),
    );
  });
});
