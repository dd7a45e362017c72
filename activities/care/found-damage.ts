import type { FoundDamage } from '../../api/repository-status.ts';
import { isWhole, type VerifyReport } from '../../api/verify-report.ts';

/** How many blobs and identities a status names. */
const NAMED = 20;

const QUICK = 'quick';

/** `quick`, or the part of the data that was read. */
const placeOf = ({ mode, part }: VerifyReport): string =>
  mode === 'quick' ? QUICK : `${part.index + 1} of ${part.of}`;

/**
 * The damage that is known after a verification (pure). What one found stays until one that looked at the same place finds
 * it gone: a quick one says nothing of the bytes, and a part nothing of the others. A deep one that reads all speaks for all.
 */
export function knownDamage(
  before: readonly FoundDamage[],
  report: VerifyReport,
  message: string,
  time: string,
): FoundDamage[] {
  const found = placeOf(report);
  const speaksForAll = report.mode === 'deep' && report.part.of === 1;
  const others = before.filter((damage) => !speaksForAll && damage.found !== found);
  if (isWhole(report)) return others;
  const own: FoundDamage = {
    found,
    time,
    message,
    identities: report.affectedIdentities.slice(0, NAMED),
    snapshots: report.affectedSnapshots,
    blobs: report.packs
      .map(({ blob }) => blob)
      .filter(Boolean)
      .slice(0, NAMED),
  };
  return [...others, own];
}
