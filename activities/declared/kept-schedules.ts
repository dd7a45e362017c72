import { z } from 'zod';
import type { WatchProgress } from '../../workflows/watch/contract.ts';

/**
 * How many schedules one pass deletes because their sources went. A person removes a handful of applications at a time; a
 * CRD that was replaced, or a cluster restored from an old state, removes nearly all.
 */
export const DELETIONS_AT_ONCE = 10;

type Kept = Pick<WatchProgress, 'refusedDeletions' | 'keptSchedules'>;

/**
 * What the heartbeat says of schedules that stay although their sources went, by `namespace/name`. Few are named: a watch that
 * takes over sees more than that itself, and would delete these. Pure.
 */
export function keptProgress(kept: readonly string[]): Kept {
  if (kept.length === 0) return {};
  const refusedDeletions = `${kept.length} sources went, too many at once: their schedules stay until \`stowage plan --apply --allow-deletions\``;
  return { refusedDeletions, ...(kept.length <= DELETIONS_AT_ONCE ? { keptSchedules: kept } : {}) };
}

const progress = z.object({ keptSchedules: z.array(z.string()) });

/** What the watch before this one had kept, from its last heartbeat. Pure. */
export const keptBefore = (heartbeat: unknown): readonly string[] =>
  progress.safeParse(heartbeat).data?.keptSchedules ?? [];
