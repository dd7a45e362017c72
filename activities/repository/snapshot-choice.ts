import type { SnapshotChoice } from '../../api/restore-request.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import { instant } from '../kopia/calendar.ts';
import { PortError } from '../ports/port-error.ts';

/** A snapshot dated later than this beyond now was made with a wrong clock (faults.md M11); Kopia's own limit for maintenance. */
const CLOCK_SKEW_NANOSECONDS = 300_000_000_000n;

/** How many of those that exist a message names. */
const NAMED = 5;

type Dated = Pick<SnapshotSummary, 'id' | 'startTime' | 'failedEntries' | 'incomplete'>;

/** True for a snapshot that may be restored and compared against: whole, and without unreadable entries (faults.md M3). */
export const isWhole = (snapshot: Pick<SnapshotSummary, 'failedEntries' | 'incomplete'>): boolean =>
  snapshot.incomplete === undefined && snapshot.failedEntries === 0;

/** Newest first. */
export const byNewest = <T extends Pick<SnapshotSummary, 'startTime'>>(snapshots: readonly T[]): T[] =>
  snapshots
    .map((snapshot) => ({ snapshot, at: instant(snapshot.startTime) }))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .map(({ snapshot }) => snapshot);

/** The snapshots that count, newest first. Those dated in the future only count where there are no others. */
export function countedSnapshots<T extends Dated>(snapshots: readonly T[], now: Date): T[] {
  const whole = byNewest(snapshots.filter(isWhole));
  const limit = BigInt(now.getTime()) * 1_000_000n + CLOCK_SKEW_NANOSECONDS;
  const dated = whole.filter(({ startTime }) => instant(startTime) <= limit);
  return dated.length > 0 ? dated : whole;
}

export interface ChosenSnapshot {
  readonly found: SnapshotSummary;
  /** Passed over on the way to it. */
  readonly skipped: number;
}

/**
 * The snapshot that a choice means, among all that one identity has (at least one). Throws SnapshotNotFound naming what
 * exists when it means none of them.
 */
export function chooseSnapshot(
  snapshots: readonly SnapshotSummary[],
  choice: SnapshotChoice,
  identity: string,
  now: Date,
): ChosenSnapshot {
  const counted = countedSnapshots(snapshots, now);
  const found = matching(counted, choice, snapshots);
  if (!found) throw notFound(snapshots, counted, choice, identity);
  if (choice.id !== undefined) return { found, skipped: 0 };
  return { found, skipped: passedOver(snapshots, counted, choice) };
}

function matching(
  counted: readonly SnapshotSummary[],
  choice: SnapshotChoice,
  all: readonly SnapshotSummary[],
): SnapshotSummary | undefined {
  // An id is meant exactly, whatever its date says.
  if (choice.id !== undefined) return all.find((snapshot) => snapshot.id === choice.id && isWhole(snapshot));
  return notAfter(counted, choice)[choice.previous ?? 0];
}

function notAfter<T extends Pick<SnapshotSummary, 'startTime'>>(snapshots: readonly T[], choice: SnapshotChoice): T[] {
  if (choice.asOf === undefined) return [...snapshots];
  const limit = instant(choice.asOf);
  return snapshots.filter(({ startTime }) => instant(startTime) <= limit);
}

function passedOver(
  all: readonly SnapshotSummary[],
  counted: readonly SnapshotSummary[],
  choice: SnapshotChoice,
): number {
  const countedIds = new Set(counted.map(({ id }) => id));
  return notAfter(all, choice).filter(({ id }) => !countedIds.has(id)).length;
}

function notFound(
  all: readonly SnapshotSummary[],
  counted: readonly SnapshotSummary[],
  choice: SnapshotChoice,
  identity: string,
): PortError {
  const refused = choice.id === undefined ? undefined : all.find(({ id }) => id === choice.id);
  const why = refused ? `snapshot ${refused.id} is not whole (${defectOf(refused)})` : `no snapshot ${wording(choice)}`;
  const others = all.length - counted.length;
  const exist =
    counted.length === 0
      ? `${all.length} exist, none of them is whole`
      : `${counted.length} exist${others > 0 ? ` (and ${others} that do not count)` : ''}: ${named(counted)}`;
  return new PortError(FailureType.SnapshotNotFound, `${why} under ${identity}; ${exist}`);
}

function named(snapshots: readonly Dated[]): string {
  const list = snapshots.slice(0, NAMED).map(({ id, startTime }) => `${id} of ${startTime}`);
  const oldest = snapshots.at(-1)!;
  if (snapshots.length > NAMED) list.push(`… the oldest ${oldest.id} of ${oldest.startTime}`);
  return list.join(', ');
}

const defectOf = (snapshot: Dated): string =>
  snapshot.incomplete ?? `${snapshot.failedEntries} entries could not be read`;

function wording(choice: SnapshotChoice): string {
  if (choice.id !== undefined) return `has the id ${choice.id}`;
  const asOf = choice.asOf === undefined ? '' : ` started at or before ${choice.asOf}`;
  if (choice.previous === undefined || choice.previous === 0) return `was${asOf || ' taken whole'}`;
  return `number ${choice.previous} before the newest${asOf} is there`;
}
