import type { IncomingMessage } from 'node:http';
import { FailureType } from '../../workflows/failures.ts';
import { instant } from '../kopia/calendar.ts';
import { type KopiaServer, readText } from '../kopia/server.ts';
import { PortError } from '../ports/port-error.ts';

export type EntryKind = 'file' | 'directory' | 'symlink';

/** One entry of a snapshot's directory, in the terms of this machine. */
export interface SnapshotEntry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly objectId: string;
  /** Bytes; files only. */
  readonly size: number;
  /** Unix permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** What lies below a directory, itself included. */
  readonly below?: SubtreeSummary;
}

export interface SubtreeSummary {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  /** Newest time below; Kopia restores a directory with this instead of its own. */
  readonly newest?: bigint;
}

/** Where the expected side of a comparison comes from. Throws PortError. */
export interface SnapshotTree {
  entries(directoryId: string): Promise<SnapshotEntry[]>;
  content(objectId: string): Promise<IncomingMessage>;
}

/** Reads directory objects and contents through an open Kopia, one process for the whole walk. */
export function snapshotTree(server: KopiaServer): SnapshotTree {
  const content = (objectId: string): Promise<IncomingMessage> =>
    server.request(`/api/v1/objects/${encodeURIComponent(objectId)}`);
  return {
    content,
    entries: async (directoryId) => parseDirectory(await readText(await content(directoryId)), directoryId),
  };
}

/** A raw entry as Kopia writes it (kopia/kopia snapshot/manifest.go, DirEntry); zero values are left out. */
interface RawEntry {
  readonly name: string;
  readonly type: 'f' | 'd' | 's';
  readonly mode?: string;
  readonly size?: number;
  readonly mtime?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly obj?: string;
  readonly summ?: { files?: number; dirs?: number; symlinks?: number; size?: number; maxTime?: string };
}

const KINDS: Readonly<Record<string, EntryKind>> = { f: 'file', d: 'directory', s: 'symlink' };

/** Parses a directory object. Checked by hand: a schema library is too slow for 100,000 entries. Throws RepositoryCorrupt. */
export function parseDirectory(text: string, directoryId: string): SnapshotEntry[] {
  let directory: { stream?: unknown; entries?: unknown };
  try {
    directory = JSON.parse(text) as { stream?: unknown; entries?: unknown };
  } catch (cause) {
    throw new PortError(FailureType.RepositoryCorrupt, `object ${directoryId} is not a directory of a snapshot`, {
      cause,
    });
  }
  if (directory?.stream !== 'kopia:directory') {
    throw new PortError(FailureType.RepositoryCorrupt, `object ${directoryId} is not a directory of a snapshot`);
  }
  // Go writes an empty list as null.
  return ((directory.entries ?? []) as RawEntry[]).map((raw) => entryOf(raw, directoryId));
}

function entryOf(raw: RawEntry, directoryId: string): SnapshotEntry {
  const kind = KINDS[raw.type];
  if (typeof raw.name !== 'string' || !kind || typeof raw.obj !== 'string') {
    throw new PortError(FailureType.RepositoryCorrupt, `directory ${directoryId} holds an entry of an unknown form`);
  }
  return {
    name: raw.name,
    kind,
    objectId: raw.obj,
    size: raw.size ?? 0,
    mode: unixMode(raw.mode),
    uid: raw.uid ?? 0,
    gid: raw.gid ?? 0,
    mtime: raw.mtime === undefined ? 0n : instant(raw.mtime),
    ...(kind === 'directory' ? { below: belowOf(raw.summ) } : {}),
  };
}

function belowOf(summary: RawEntry['summ'] = {}): SubtreeSummary {
  return {
    files: summary.files ?? 0,
    directories: summary.dirs ?? 1,
    symlinks: summary.symlinks ?? 0,
    bytes: summary.size ?? 0,
    ...(summary.maxTime === undefined ? {} : { newest: instant(summary.maxTime) }),
  };
}

/** Go's os.FileMode, which Kopia stores, keeps the special bits elsewhere than Unix. */
function unixMode(octal: string | undefined): number {
  const mode = octal === undefined ? 0 : Number.parseInt(octal, 8);
  return (
    (mode & 0o777) | (mode & (1 << 23) ? 0o4000 : 0) | (mode & (1 << 22) ? 0o2000 : 0) | (mode & (1 << 20) ? 0o1000 : 0)
  );
}
