import { z } from 'zod';
import { stripTerminalCodes } from './redaction.ts';

/** A pack that is not there or too short, or one whose bytes are not what was written. */
export type DamageKind = 'missing' | 'corrupt';

/** One content that can't be had. */
export interface DamagedContent {
  readonly content: string;
  /** Blob that holds it; undefined where Kopia names none. */
  readonly pack: string | undefined;
  readonly kind: DamageKind;
  /** Kopia's reason. */
  readonly reason: string;
}

export interface ContentVerification {
  /** Contents that were gone through; undefined: Kopia ended before the last one. */
  readonly verified: number | undefined;
  readonly damaged: readonly DamagedContent[];
}

/** The log of `content verify`. */
export function parseContentVerify(log: string): ContentVerification {
  const damaged = new Map<string, DamagedContent>();
  let verified: number | undefined;
  for (const line of linesOf(log)) {
    const found = /\berror content (\S+) (.*)$/.exec(line);
    if (found) damaged.set(found[1]!, { content: found[1]!, ...damageOf(found[2]!) });
    const end = /Finished verifying (\d+) contents/.exec(line);
    if (end) verified = Number(end[1]);
  }
  return { verified, damaged: [...damaged.values()] };
}

/** A place in a snapshot that can't be restored. */
export interface DamagedEntry {
  /** `user@host:/path@2026-11-25 13:18:32 UTC/folder/file` ({@link snapshotLabel}). */
  readonly place: string;
  /** Object that can't be had, where Kopia names it. */
  readonly object: string | undefined;
  readonly pack: string | undefined;
  readonly kind: DamageKind;
  readonly reason: string;
}

export interface SnapshotVerification {
  /** Objects (files, folders, links) that were gone through; the same object counts once. */
  readonly objects: number;
  readonly damaged: readonly DamagedEntry[];
}

const Verified = z.object({ stats: z.object({ processedObjectCount: z.number() }) });

/** How Kopia's reasons begin; a file's name may hold a colon too. */
const REASON =
  /error processing (.*?): ((?:object \S+ is backed by|verify object|error reading (?:directory|object)|error verifying content|unable to ).*)$/;

/** Counts and log of `snapshot verify --json`. Undefined: it ended before it looked at the snapshots. */
export function parseSnapshotVerify(stdout: string, log: string): SnapshotVerification | undefined {
  const counts = Verified.safeParse(parseJson(stdout));
  if (!counts.success) return undefined;
  const damaged: DamagedEntry[] = [];
  for (const line of linesOf(log)) {
    const found = REASON.exec(line);
    if (!found) continue;
    if (found[1] === 'tree walker enqueue') return undefined;
    damaged.push({ place: found[1]!, object: objectOf(found[2]!), ...damageOf(found[2]!) });
  }
  return { objects: counts.data.stats.processedObjectCount, damaged };
}

/** Number and bytes (as they were before compression) of `content stats --raw`. Undefined for another form. */
export function parseContentStats(stdout: string): { readonly contents: number; readonly bytes: number } | undefined {
  const contents = /^Count: (\d+)$/m.exec(stdout)?.[1];
  const bytes = /^Total Bytes: (\d+)$/m.exec(stdout)?.[1];
  return contents === undefined || bytes === undefined
    ? undefined
    : { contents: Number(contents), bytes: Number(bytes) };
}

/** How Kopia names a snapshot in {@link DamagedEntry.place}; its clock is UTC (process.ts). */
export const snapshotLabel = (identity: string, startTime: string): string =>
  `${identity}@${startTime.slice(0, 10)} ${startTime.slice(11, 19)} UTC`;

function damageOf(reason: string): Omit<DamagedContent, 'content'> {
  const missing =
    /(?:depends on missing|backed by missing) blob (\S+)/.exec(reason) ?? /(?:content )?not found/.exec(reason);
  const corrupt = /(?:invalid checksum at|out of bounds of its pack blob) (\S+)/.exec(reason);
  return { pack: missing?.[1] ?? corrupt?.[1], kind: missing && !corrupt ? 'missing' : 'corrupt', reason };
}

const objectOf = (reason: string): string | undefined =>
  (/^object (\S+) is backed by/.exec(reason) ??
    /^error reading directory: unable to open object: ([a-zA-Z0-9]+):/.exec(reason) ??
    /^verify object: error getting content info for ([a-zA-Z0-9]+):/.exec(reason))?.[1];

const linesOf = (log: string): string[] => stripTerminalCodes(log).split(/[\r\n]+/);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
