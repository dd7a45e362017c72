import type { Retention } from '../../api/retention.ts';
import { instant, isoWeek, monthsBefore } from './calendar.ts';

/** What retention looks at. */
export interface RetainedSnapshot {
  readonly id: string;
  /** RFC 3339. */
  readonly startTime: string;
  readonly incomplete?: string;
  readonly pins: readonly string[];
}

/** An unset tier keeps nothing by itself, which is not the same as 0 only for Kopia's merging of policies. */
export type RetentionTiers = Readonly<Partial<Retention>>;

/** Nanoseconds. */
const HOUR = 3_600_000_000_000n;
const DAY = 24n * HOUR;

/** Young incomplete snapshots stay, so that an interrupted first backup can be continued. */
const KEEP_INCOMPLETE_YOUNGER_THAN = 4n * HOUR;
const KEEP_INCOMPLETE_COUNT = 3;

/**
 * Which snapshots of one source Kopia keeps, and why. The rules are Kopia's own (kopia/kopia
 * snapshot/policy/retention_policy.go at v0.21.1), with all of their corners: the cut-off counts from the newest complete
 * snapshot, the period names of all tiers share one set, and with every tier at 0 everything is kept. Times are UTC, as
 * in the movers.
 */
export function retentionReasons(
  snapshots: readonly RetainedSnapshot[],
  tiers: RetentionTiers,
): ReadonlyMap<string, readonly string[]> {
  const sorted = snapshots
    .map((snapshot) => ({ ...snapshot, at: instant(snapshot.startTime) }))
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  const newest = sorted[0]?.at ?? 0n;
  const newestComplete = sorted.find(({ incomplete }) => !incomplete)?.at ?? 0n;
  const rules = tierRules(tiers, newestComplete);
  const periods = new Set<string>();
  const counters = new Map<string, number>();
  const reasons = new Map<string, string[]>();

  sorted.forEach((snapshot, index) => {
    const why: string[] = [];
    reasons.set(snapshot.id, why);
    if (snapshot.incomplete) return;
    const names = periodNames(snapshot.at, index);
    for (const { tier, cutOff, keep } of rules) {
      const kept = counters.get(tier) ?? 0;
      if ((cutOff !== undefined && snapshot.at < cutOff) || periods.has(names[tier]) || kept >= keep) continue;
      periods.add(names[tier]);
      counters.set(tier, kept + 1);
      why.push(`${tier}-${kept + 1}`);
    }
  });
  for (const [index, snapshot] of sorted.entries()) {
    if (!snapshot.incomplete) break;
    if (newest - snapshot.at >= KEEP_INCOMPLETE_YOUNGER_THAN && index >= KEEP_INCOMPLETE_COUNT) break;
    reasons.get(snapshot.id)!.push('incomplete');
  }
  return reasons;
}

/** Ids that Kopia would remove under these tiers: kept for no reason and not pinned. */
export function expiredSnapshots(snapshots: readonly RetainedSnapshot[], tiers: RetentionTiers): ReadonlySet<string> {
  const reasons = retentionReasons(snapshots, tiers);
  return new Set(
    snapshots.filter(({ id, pins }) => pins.length === 0 && reasons.get(id)!.length === 0).map(({ id }) => id),
  );
}

type Tier = 'latest' | 'annual' | 'monthly' | 'weekly' | 'daily' | 'hourly';

interface TierRule {
  readonly tier: Tier;
  /** Nanoseconds; older snapshots don't count for the tier. Undefined: none is too old. */
  readonly cutOff: bigint | undefined;
  readonly keep: number;
}

/** In Kopia's order: who comes first takes the period's name. */
function tierRules(tiers: RetentionTiers, newest: bigint): TierRule[] {
  const { latest, hourly, daily, weekly, monthly, yearly } = tiers;
  const everyTier = [latest, hourly, daily, weekly, monthly, yearly];
  const keepAll = everyTier.reduce<number>((sum, tier) => sum + (tier ?? 0), 0) === 0;
  const rules: (Omit<TierRule, 'keep'> & { keep: number | undefined })[] = [
    { tier: 'latest', cutOff: undefined, keep: keepAll ? Number.POSITIVE_INFINITY : latest },
    { tier: 'annual', cutOff: monthsBefore(newest, 12 * (yearly ?? 0)), keep: yearly },
    { tier: 'monthly', cutOff: monthsBefore(newest, monthly ?? 0), keep: monthly },
    { tier: 'weekly', cutOff: newest - BigInt(weekly ?? 0) * 7n * DAY, keep: weekly },
    { tier: 'daily', cutOff: newest - BigInt(daily ?? 0) * DAY, keep: daily },
    { tier: 'hourly', cutOff: newest - BigInt(hourly ?? 0) * HOUR, keep: hourly },
  ];
  return rules.filter((rule): rule is TierRule => rule.keep !== undefined);
}

/** The names come from one set: a week `2026-07` and a month `2026-07` are the same to Kopia. */
function periodNames(at: bigint, index: number): Record<Tier, string> {
  const iso = new Date(Number(at / 1_000_000n)).toISOString();
  const { year, week } = isoWeek(Number(at / 1_000_000n));
  return {
    latest: String(index),
    annual: iso.slice(0, 4),
    monthly: iso.slice(0, 7),
    weekly: `${String(year).padStart(4, '0')}-${String(week).padStart(2, '0')}`,
    daily: iso.slice(0, 10),
    hourly: iso.slice(0, 13).replace('T', ' '),
  };
}
