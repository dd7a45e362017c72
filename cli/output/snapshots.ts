import type { ListSnapshotsResult, SnapshotSummary } from '../../workflows/repository/contract.ts';
import { age, bytes, count, parseTime, time } from './format.ts';
import type { Colors } from './output.ts';
import { renderTable } from './table.ts';

/** Newest first, as a restore counts them with `--previous` (pure). */
export function renderSnapshots(colors: Colors, { identity, snapshots }: ListSnapshotsResult, now: Date): string {
  if (snapshots.length === 0) return `No snapshots of ${identity}.`;
  const rows = [...snapshots].sort(newestFirst).map((snapshot) => {
    const taken = parseTime(snapshot.startTime);
    return [
      snapshot.id,
      taken ? time(taken) : snapshot.startTime,
      taken ? age(taken, now) : '-',
      count(snapshot.files),
      bytes(snapshot.bytes),
      snapshot.retentionReasons.join(' ') || '-',
      state(colors, snapshot),
    ];
  });
  const title = `${snapshots.length} ${snapshots.length === 1 ? 'snapshot' : 'snapshots'} of ${identity}`;
  return `${title}\n\n${renderTable(colors, ['SNAPSHOT', 'TAKEN', 'AGE', 'FILES', 'SIZE', 'KEPT AS', 'STATE'], rows)}`;
}

const newestFirst = (a: SnapshotSummary, b: SnapshotSummary): number => (a.startTime < b.startTime ? 1 : -1);

/** A snapshot that is not whole is never restored by itself, and looks so. */
function state(colors: Colors, { incomplete, failedEntries, pins }: SnapshotSummary): string {
  if (incomplete) return colors.red(`incomplete: ${incomplete}`);
  if (failedEntries > 0) return colors.red(`${count(failedEntries)} unreadable`);
  return pins.length > 0 ? `pinned: ${pins.join(', ')}` : colors.green('whole');
}
