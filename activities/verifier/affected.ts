import { type AffectedSnapshot, MAX_NAMED_PATHS } from '../../api/verify-report.ts';
import { FailureType } from '../../workflows/failures.ts';
import { limitTo } from '../checker/limit.ts';
import type { SnapshotEntry, SnapshotTree } from '../checker/snapshot-tree.ts';
import { printable } from '../checker/tally.ts';
import type { ListedSnapshot } from '../kopia/output.ts';
import { readText } from '../kopia/server.ts';
import { snapshotLabel } from '../kopia/verify-output.ts';
import { PortError } from '../ports/port-error.ts';
import type { Damage } from './damage.ts';

/** Requests to Kopia at once. */
const REQUESTS_AT_ONCE = 8;

/** What of a folder or file can't be restored. */
interface Below {
  readonly entries: number;
  readonly paths: readonly string[];
  readonly packs: ReadonlySet<string>;
}

const NOTHING: Below = { entries: 0, paths: [], packs: new Set() };

/**
 * Which snapshots need what is damaged. Walks the folders of all of them, each folder once, because Kopia names a damaged
 * file only in the first snapshot in which it meets it. Throws PortError when the repository goes away.
 */
export async function findAffected(
  tree: SnapshotTree,
  snapshots: readonly ListedSnapshot[],
  damage: Damage,
): Promise<AffectedSnapshot[]> {
  const walk = new Walk(tree, damage);
  for (const entry of damage.entries) {
    if (entry.object === undefined) await walk.locate(entry.place, entry.pack ?? '', snapshots);
  }
  const affected: AffectedSnapshot[] = [];
  for (const { identity, summary } of snapshots) {
    const below = await walk.folder(summary.rootObject);
    if (below.entries === 0) continue;
    for (const pack of below.packs) damage.usedBy(pack, identity);
    affected.push({
      identity,
      id: summary.id,
      startTime: summary.startTime,
      entries: below.entries,
      paths: below.paths.map(printable),
    });
  }
  return affected;
}

class Walk {
  private readonly tree: SnapshotTree;
  private readonly damage: Damage;
  private readonly folders = new Map<string, Promise<Below>>();
  private readonly objects = new Map<string, Promise<ReadonlySet<string>>>();
  private readonly located = new Map<string, string>();
  private readonly inTurn = limitTo(REQUESTS_AT_ONCE);

  constructor(tree: SnapshotTree, damage: Damage) {
    this.tree = tree;
    this.damage = damage;
  }

  /** Finds the object at a place that Kopia names without its object's id. */
  async locate(place: string, pack: string, snapshots: readonly ListedSnapshot[]): Promise<void> {
    for (const { identity, summary } of snapshots) {
      const label = snapshotLabel(identity, summary.startTime);
      if (place !== label && !place.startsWith(`${label}/`)) continue;
      let object = summary.rootObject;
      for (const name of place
        .slice(label.length + 1)
        .split('/')
        .filter(Boolean)) {
        const entries = (await this.entries(object)) ?? [];
        object = entries.find((entry) => entry.name === name)?.objectId ?? '';
      }
      if (object) this.located.set(object, pack);
    }
  }

  folder(object: string): Promise<Below> {
    const known = this.folders.get(object) ?? this.look(object);
    this.folders.set(object, known);
    return known;
  }

  private async look(object: string): Promise<Below> {
    const own = await this.packsOf(object);
    // Known to be damaged: not asked for, because Kopia's server hangs up in the middle of such an answer.
    const entries = own.size > 0 ? undefined : await this.entries(object);
    if (!entries) return { entries: 1, paths: ['.'], packs: own };
    const found = await Promise.all(entries.map((entry) => this.entry(entry)));
    return found.reduce((sum, each) => (each.entries === 0 ? sum : add(sum, each)), NOTHING);
  }

  private async entry(entry: SnapshotEntry): Promise<Below> {
    if (entry.kind !== 'directory') {
      const packs = await this.packsOf(entry.objectId);
      return packs.size === 0 ? NOTHING : { entries: 1, paths: [entry.name], packs };
    }
    const below = await this.folder(entry.objectId);
    const lost = below.paths[0] === '.';
    return {
      entries: lost
        ? (entry.below?.files ?? 0) + (entry.below?.symlinks ?? 0) + (entry.below?.directories ?? 1)
        : below.entries,
      paths: below.paths.map((path) => (path === '.' ? `${entry.name}/` : `${entry.name}/${path}`)),
      packs: below.packs,
    };
  }

  /** Damaged packs that an object needs; `''` for one that Kopia did not name. */
  private packsOf(object: string): Promise<ReadonlySet<string>> {
    const known = this.objects.get(object) ?? this.needs(object);
    this.objects.set(object, known);
    return known;
  }

  private async needs(object: string): Promise<ReadonlySet<string>> {
    const direct = this.damage.packOf(object) ?? this.located.get(object);
    if (direct !== undefined) return new Set([direct]);
    // A large file: `I` and the object that lists its pieces (kopia/kopia repo/object/indirect.go).
    if (!object.startsWith('I')) return new Set();
    const list = object.slice(1);
    const own = await this.packsOf(list);
    if (own.size > 0) return own;
    const pieces = await this.pieces(list);
    if (!pieces) return new Set(['']);
    const packs = await Promise.all(pieces.map((piece) => this.packsOf(piece)));
    return new Set(packs.flatMap((each) => [...each]));
  }

  private pieces(list: string): Promise<string[] | undefined> {
    return this.unlessDamaged(async () => {
      const text = await readText(await this.tree.content(list));
      return (JSON.parse(text) as { entries: { o: string }[] }).entries.map(({ o }) => o);
    });
  }

  private entries(folder: string): Promise<SnapshotEntry[] | undefined> {
    return this.unlessDamaged(() => this.tree.entries(folder));
  }

  private async unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.inTurn(read);
    } catch (error) {
      const { type } = error as PortError;
      const damaged: readonly string[] = [FailureType.RepositoryCorrupt, FailureType.SnapshotNotFound];
      if (error instanceof PortError && damaged.includes(type)) return undefined;
      throw error;
    }
  }
}

const add = (sum: Below, each: Below): Below => ({
  entries: sum.entries + each.entries,
  paths: [...sum.paths, ...each.paths].slice(0, MAX_NAMED_PATHS),
  packs: new Set([...sum.packs, ...each.packs]),
});
