import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { limitTo } from '../../../activities/checker/limit.ts';
import { policySetArguments, snapshotRestoreArguments } from '../../../activities/kopia/arguments.ts';
import { maintenanceRunArguments, maintenanceSetArguments } from '../../../activities/kopia/maintenance-arguments.ts';
import type { ListedSnapshot } from '../../../activities/kopia/output.ts';
import { expiredSnapshots } from '../../../activities/kopia/retention.ts';
import { formatIdentity } from '../../../api/identity.ts';
import type { Retention } from '../../../api/retention.ts';
import { type Seeded, seeded } from '../../system/seeded.ts';
import { ChangingApplication, type Tree, treeOf } from './changing-application.ts';
import { bytesBelow, ClockedRepository, fakeClockKopia, HOUR, OWNER } from './clocked-repository.ts';
import { keptByModel, type ModelSnapshot } from './retention-model.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 });

const SEED = Number(process.env.STOWAGE_TEST_SEED ?? 20_261_125);

/** Over a leap day, a month's end and five weeks, none of which has the number of its month: Kopia would take both for one. */
const START = Date.parse('2028-02-10T00:20:00Z');
const HOURS = 30 * 24;
const APPLICATIONS = 5;

/** Bytes on disk for each byte that a fresh repository with the same snapshots takes. */
const MOST_OVERHEAD = 1.3;

interface Kept extends ModelSnapshot {
  readonly tree: Tree;
}

/** One application with what the model says of it. */
interface Actor {
  readonly application: ChangingApplication;
  readonly known: Map<string, string>;
  retain: Retention;
  kept: Map<string, Kept>;
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

const atOf = ({ summary }: ListedSnapshot): number => Date.parse(summary.startTime);

describe('30 days of hourly backups, by moving the clock', () => {
  const random = seeded(SEED);
  const actors: Actor[] = [];
  let backups = 0;
  let removed = 0;
  let policies = 0;
  const overheads: number[] = [];

  async function declare(actor: Actor): Promise<void> {
    actor.retain = anyPolicy(random);
    const { identity } = actor.application;
    await repository.kopia(policySetArguments({ identity, retain: actor.retain, compression: 'zstd' }), identity);
    policies++;
  }

  /** One backup; afterwards the model knows what must be left of the application's snapshots. */
  async function backUp(actor: Actor): Promise<ListedSnapshot> {
    const { application } = actor;
    application.work();
    const tree = treeOf(application.folder, actor.known);
    const made = await repository.backup(application.identity, application.folder);
    actor.kept.set(made.summary.id, { id: made.summary.id, at: atOf(made), tree });
    const staying = keptByModel([...actor.kept.values()], actor.retain);
    for (const id of actor.kept.keys()) if (!staying.has(id)) actor.kept.delete(id);
    backups++;
    return made;
  }

  /** What is left is what the model says, and the preview said what would go. */
  function check(hour: number, actor: Actor, before: readonly ListedSnapshot[], after: readonly ListedSnapshot[]): void {
    const identity = formatIdentity(actor.application.identity);
    const left = after.filter((each) => each.identity === identity).map(({ summary }) => summary.id);
    const context = `hour ${hour}, ${identity}, ${JSON.stringify(actor.retain)}, seed ${SEED}`;
    expect([context, left.sort()]).toEqual([context, [...actor.kept.keys()].sort()]);
    const candidates = before.filter((each) => each.identity === identity).map(({ summary }) => summary);
    const gone = candidates.filter(({ id }) => !left.includes(id)).map(({ id }) => id);
    expect([context, [...expiredSnapshots(candidates, actor.retain)].sort()]).toEqual([context, gone.sort()]);
    removed += gone.length;
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
    const ages = { quickIntervalSeconds: 3_600, fullIntervalSeconds: 86_400, logAgeHours: 72 };
    await repository.kopia(maintenanceSetArguments({ owner: OWNER, ...ages }));
    for (let i = 0; i < APPLICATIONS; i++) {
      const application = new ChangingApplication({
        name: `app-${i}`,
        seed: SEED + i,
        folder: join(repository.root, `app-${i}`),
        base: { files: 40, bytes: 60_000 },
      });
      const actor = { application, known: new Map(), kept: new Map(), downUntil: 0, retain: anyPolicy(random) };
      actors.push(actor);
      await declare(actor);
    }
    let listed: ListedSnapshot[] = [];
    for (let hour = 0; hour < HOURS; hour++) {
      repository.clock.now = START + hour * HOUR;
      for (const actor of actors) {
        if (random.below(7 * 24) === 0) await declare(actor);
        if (random.below(20 * 24) === 0) actor.downUntil = hour + 30 + random.below(60);
      }
      const due = actors.filter(({ downUntil }) => downUntil <= hour);
      const made = await Promise.all(due.map(backUp));
      const full = hour % 24 === 23;
      const [after] = await Promise.all([repository.list(), repository.kopia(maintenanceRunArguments({ full }))]);
      for (const actor of due) check(hour, actor, [...listed, ...made], after);
      listed = after;
      if (hour % (7 * 24) === 7 * 24 - 1 || hour === HOURS - 1) overheads.push(await overhead());
    }
    console.info({ backups, removed, policies, left: listed.length, overheads });
    expect(backups).toBeGreaterThan(APPLICATIONS * HOURS * 0.8);
    expect(removed).toBeGreaterThan(backups / 2);
    expect(policies).toBeGreaterThan(2 * APPLICATIONS);
    for (const each of overheads) expect(each).toBeLessThan(MOST_OVERHEAD);
  });

  it('restores every snapshot that is kept exactly', async () => {
    const all = actors.flatMap((actor) => [...actor.kept.values()]);
    expect(all.length).toBeGreaterThan(2 * APPLICATIONS);
    const inTurn = limitTo(4);
    await Promise.all(
      all.map(({ id, tree }) =>
        inTurn(async () => {
          const target = join(repository.root, `restored-${id}`);
          await repository.kopia(snapshotRestoreArguments({ snapshotId: id, targetPath: target, skipOwners: false }));
          expect([id, treeOf(target)]).toEqual([id, tree]);
          rmSync(target, { recursive: true });
        }),
      ),
    );
  });
});
