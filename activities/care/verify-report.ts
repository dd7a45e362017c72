import { z } from 'zod';
import { MAX_PARTS } from './verify-parts.ts';

const count = z.number().int().min(0);

/** How many are named of what may be thousands; the counts beside them are complete. */
export const MAX_NAMED_PACKS = 50;
export const MAX_NAMED_SNAPSHOTS = 200;
export const MAX_NAMED_PATHS = 5;

const DamagedPack = z.object({
  /** Blob of the repository; empty where Kopia names none. */
  blob: z.string(),
  kind: z.enum(['missing', 'corrupt']),
  /** Contents in it that can't be had. */
  contents: count,
  /** Whose snapshots need it; empty: no snapshot does. */
  identities: z.array(z.string()),
});

const AffectedSnapshot = z.object({
  identity: z.string(),
  id: z.string(),
  startTime: z.string(),
  /** Files, folders and links that can't be restored; those below an unreadable folder included. */
  entries: count,
  /** The first of them, relative to the snapshot's root; `.` is the root itself. */
  paths: z.array(z.string()),
});

/** What one verification found. */
export const VerifyReport = z.object({
  mode: z.enum(['quick', 'deep']),
  part: z.object({ index: count, of: z.number().int().min(1).max(MAX_PARTS) }),
  /** Why the repository, its indexes or its list of snapshots can't be read: then every snapshot is affected. */
  unreadable: z.string().optional(),
  /** Kopia's record of its maintenance, where it can't be read: nothing is lost, but maintenance can't run. */
  maintenanceUnreadable: z.string().optional(),
  snapshots: count,
  /** Different files, folders and links of all snapshots that were gone through. */
  objects: count,
  /** Whose presence was checked, which of them were read, and the bytes of those before compression. */
  contentsChecked: count,
  contentsRead: count,
  bytesRead: count,
  damagedContents: count,
  damagedPacks: count,
  packs: z.array(DamagedPack),
  affectedSnapshots: count,
  affectedIdentities: z.array(z.string()),
  affected: z.array(AffectedSnapshot),
});
export type VerifyReport = z.infer<typeof VerifyReport>;
export type DamagedPack = z.infer<typeof DamagedPack>;
export type AffectedSnapshot = z.infer<typeof AffectedSnapshot>;

/** Nothing is wrong with the repository as far as this verification looked. */
export const isWhole = (report: VerifyReport): boolean =>
  report.unreadable === undefined &&
  report.maintenanceUnreadable === undefined &&
  report.damagedContents === 0 &&
  report.affectedSnapshots === 0;

const Line = z.object({ stowageVerify: VerifyReport });

/** The report in one line of the verifier's log. Undefined for any other line. */
export function parseVerifyLine(line: string): VerifyReport | undefined {
  if (!line.startsWith('{"stowageVerify"')) return undefined;
  try {
    return Line.safeParse(JSON.parse(line)).data?.stowageVerify;
  } catch {
    return undefined;
  }
}
