import type { Retention } from '../../api/retention.ts';
import { judgeShrink, type Shrink, type SizedSnapshot } from '../../api/suspicion.ts';
import { instant } from '../kopia/calendar.ts';
import type { KopiaPolicy } from '../kopia/output.ts';
import type { UntaggedSnapshot } from '../kopia/warm-reader.ts';

/**
 * What a stored policy does beside the declared tiers. `kopia snapshot create` applies retention itself, before anybody
 * can judge its snapshot: so the policy that stands before a run decides what survives it. See docs/decisions/0011.
 */
export const Keeping = {
  /** The declared tiers; at least the two newest. */
  declared: 'declared',
  /** Everything, until the newest snapshot is whole again. */
  guarded: 'guarded',
  /** Everything, until a person approves. */
  held: 'held',
} as const;
export type Keeping = (typeof Keeping)[keyof typeof Keeping];

/** The newest and the one before: so the one that a new snapshot is judged by survives it. */
const LEAST_LATEST = 2;

/**
 * Added to the tier `latest`, which is above any that can be declared (100,000): so it keeps everything, says why, and
 * what it was is still in it.
 */
const MARK: Readonly<Record<Keeping, number>> = { declared: 0, guarded: 1_000_000, held: 2_000_000 };

/** The tiers to store for what is declared. */
export const storedRetention = (declared: Retention, keeping: Keeping): Retention => ({
  ...declared,
  latest: Math.max(declared.latest, LEAST_LATEST) + MARK[keeping],
});

/** What a policy in effect does. */
export function keepingOf({ retention }: KopiaPolicy): Keeping {
  const latest = retention.keepLatest ?? 0;
  if (latest >= MARK.held) return Keeping.held;
  return latest >= MARK.guarded ? Keeping.guarded : Keeping.declared;
}

/** A policy without what is kept beside its tiers: what it would be, and was, when nothing is wrong. */
export function withoutMark(policy: KopiaPolicy): KopiaPolicy {
  const { keepLatest } = policy.retention;
  if (typeof keepLatest !== 'number') return policy;
  return { ...policy, retention: { ...policy.retention, keepLatest: keepLatest - MARK[keepingOf(policy)] } };
}

/**
 * True when snapshots that Kopia counts and Stowage does not (with unreadable files, dated in the future) are newer than
 * the newest that counts: each of them would push it towards the end of every tier.
 */
export function isOvertaken(snapshots: readonly UntaggedSnapshot[], newest: UntaggedSnapshot | undefined): boolean {
  if (!newest) return false;
  const at = instant(newest.startTime);
  return snapshots.some(({ incomplete, startTime }) => incomplete === undefined && instant(startTime) > at);
}

/** The newest place in a row of snapshots, newest first, where one holds much less than the one before it. */
export function newestShrink(counted: readonly UntaggedSnapshot[]): Shrink | undefined {
  for (const [index, after] of counted.entries()) {
    const before = counted[index + 1];
    if (before && judgeShrink(before, after)) return { before: sizeOf(before), after: sizeOf(after) };
  }
  return undefined;
}

const sizeOf = ({ id, startTime, files, bytes }: UntaggedSnapshot): SizedSnapshot => ({ id, startTime, files, bytes });
