import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from '../../workflows/restore/contract.ts';
import { compareContent, linkTarget } from './compare-content.ts';
import { kindOf, near, octal, timeText } from './entry-attributes.ts';
import { limitTo } from './limit.ts';
import type { SnapshotEntry, SnapshotTree } from './snapshot-tree.ts';
import { Tally } from './tally.ts';

export interface CompareOptions {
  /** The restored tree. */
  readonly root: string;
  /** Directory object of the snapshot's root. */
  readonly snapshotRoot: string;
  /** Every n-th file's content is compared; 1 compares all. */
  readonly sampleEvery: number;
}

/** Directories walked at once. */
const DIRECTORIES_AT_ONCE = 8;

/** Entries of one directory looked at together; also bounds open files and requests. */
const ENTRIES_AT_ONCE = 64;

/** Contents compared at once; each may hold some megabytes in Kopia. */
const CONTENTS_AT_ONCE = 4;

/** A fresh file system brings it along. */
const IGNORED_AT_TOP = 'lost+found';

interface Directory {
  readonly objectId: string;
  /** Relative to the root; empty for the root itself. */
  readonly path: string;
}

/**
 * Walks snapshot and restored tree side by side, depth first, so that only a few directories are in memory at once. What
 * stands at the root itself (owner, mode, time) belongs to the volume and is not compared. Throws PortError when the
 * repository can't be read, and errors of the file system other than missing rights.
 */
export async function compareTree(tree: SnapshotTree, options: CompareOptions): Promise<Comparison> {
  const walk = new Walk(tree, options);
  const waiting: Directory[] = [{ objectId: options.snapshotRoot, path: '' }];
  const running = new Set<Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    while (waiting.length > 0 && running.size < DIRECTORIES_AT_ONCE) {
      const task = walk.directory(waiting.pop()!).then((below) => void waiting.push(...below));
      const tracked: Promise<void> = task.finally(() => running.delete(tracked));
      running.add(tracked);
    }
    await Promise.race(running);
  }
  return walk.tally.result();
}

class Walk {
  readonly tally = new Tally();
  private readonly tree: SnapshotTree;
  private readonly options: CompareOptions;
  private readonly inTurn = limitTo(CONTENTS_AT_ONCE);
  private untilSample = 0;

  constructor(tree: SnapshotTree, options: CompareOptions) {
    this.tree = tree;
    this.options = options;
  }

  /** Compares the entries of one directory. Returns the directories below that both sides have. */
  async directory(directory: Directory): Promise<Directory[]> {
    const [entries, present] = await Promise.all([this.tree.entries(directory.objectId), this.names(directory)]);
    if (!present) {
      for (const entry of entries) this.tally.expectWhole(entry);
      return [];
    }
    const below: Directory[] = [];
    const seen = new Set<string>();
    for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE) {
      const part = entries.slice(at, at + ENTRIES_AT_ONCE);
      await Promise.all(
        part.map(async (entry) => {
          const path = directory.path ? `${directory.path}/${entry.name}` : entry.name;
          if (seen.has(entry.name)) {
            // Names that differ only in bytes which are no UTF-8 become one in Kopia (faults.md M4).
            this.tally.expectWhole(entry);
            this.tally.deviate('mismatches', path, 'the snapshot holds this name twice');
            return;
          }
          seen.add(entry.name);
          if (await this.entry(entry, path)) below.push({ objectId: entry.objectId, path });
        }),
      );
    }
    for (const name of present) if (!seen.has(name)) await this.surplus(directory, name);
    return below;
  }

  private async names(directory: Directory): Promise<string[] | undefined> {
    try {
      const names = await readdir(join(this.options.root, directory.path));
      return directory.path === '' ? names.filter((name) => name !== IGNORED_AT_TOP) : names;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (directory.path === '' || (code !== 'EACCES' && code !== 'EPERM')) throw error;
      this.tally.deviate('mismatches', directory.path, `the folder can't be listed (${code})`);
      return undefined;
    }
  }

  /** True when both sides have a directory here. */
  private async entry(entry: SnapshotEntry, path: string): Promise<boolean> {
    const stats = await this.stats(path);
    const kind = stats && kindOf(stats);
    if (!stats || kind !== entry.kind) {
      this.tally.expectWhole(entry);
      if (kind) this.tally.meet(kind, Number(stats.size));
      this.tally.deviate(
        'mismatches',
        path,
        stats ? `is ${kind ?? 'of another type'}, not ${entry.kind}` : 'is missing',
      );
      return false;
    }
    this.tally.expect(entry);
    this.tally.meet(kind, Number(stats.size));
    this.attributes(entry, stats, path);
    if (kind === 'symlink') await this.link(entry, path);
    else if (kind === 'file') await this.file(entry, stats, path);
    return kind === 'directory';
  }

  private async file(entry: SnapshotEntry, stats: BigIntStats, path: string): Promise<void> {
    if (Number(stats.size) !== entry.size) {
      this.tally.deviate('mismatches', path, `has ${stats.size} bytes, not ${entry.size}`);
      return;
    }
    if (this.untilSample > 0) {
      this.untilSample--;
      return;
    }
    this.untilSample = this.options.sampleEvery - 1;
    const verdict = await this.inTurn(() => compareContent(this.tree, entry, join(this.options.root, path)));
    if (verdict === 'Unreadable') {
      // Another file takes its turn.
      this.untilSample = 0;
      return;
    }
    this.tally.compared();
    if (verdict === 'Different') this.tally.deviate('mismatches', path, 'has another content');
  }

  private async link(entry: SnapshotEntry, path: string): Promise<void> {
    const [expected, found] = await Promise.all([
      linkTarget(this.tree, entry),
      readlink(join(this.options.root, path), { encoding: 'buffer' }),
    ]);
    if (!expected.equals(found)) {
      this.tally.deviate('mismatches', path, `links to ${found.toString('utf8')}, not ${expected.toString('utf8')}`);
    }
  }

  private attributes(entry: SnapshotEntry, stats: BigIntStats, path: string): void {
    if (Number(stats.uid) !== entry.uid || Number(stats.gid) !== entry.gid) {
      this.tally.deviate('owners', path, `${stats.uid}:${stats.gid}, not ${entry.uid}:${entry.gid}`);
    }
    const mode = Number(stats.mode) & 0o7777;
    // A link's own mode means nothing on Linux.
    if (entry.kind !== 'symlink' && mode !== entry.mode) {
      this.tally.deviate('modes', path, `${octal(mode)}, not ${octal(entry.mode)}`);
    }
    const accepted = [entry.mtime, ...(entry.below?.newest === undefined ? [] : [entry.below.newest])];
    if (!accepted.some((time) => near(time, stats.mtimeNs))) {
      this.tally.deviate('times', path, `${timeText(stats.mtimeNs)}, not ${timeText(entry.mtime)}`);
    }
  }

  private async surplus(directory: Directory, name: string): Promise<void> {
    const path = directory.path ? `${directory.path}/${name}` : name;
    const stats = await this.stats(path);
    const kind = stats && kindOf(stats);
    if (kind) this.tally.meet(kind, Number(stats.size));
    this.tally.deviate('mismatches', path, 'is not in the snapshot');
  }

  private async stats(path: string): Promise<BigIntStats | undefined> {
    try {
      return await lstat(join(this.options.root, path), { bigint: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'ENAMETOOLONG') return undefined;
      throw error;
    }
  }
}
