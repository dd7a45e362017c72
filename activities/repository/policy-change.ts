import { type Retention, RetentionSchema } from '../../api/retention.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { SnapshotSummary } from '../../workflows/repository/contract.ts';
import type { KopiaPolicy } from '../kopia/output.ts';
import { expiredSnapshots, type RetentionTiers } from '../kopia/retention.ts';
import { PortError } from '../ports/port-error.ts';
import { byNewest } from './snapshot-choice.ts';

/** The policy that a source declares. */
export interface WantedPolicy {
  readonly retain: Retention;
  readonly compression: string;
}

/** The tiers of a policy in effect. */
export function tiersOf(policy: KopiaPolicy): RetentionTiers {
  const { keepLatest, keepHourly, keepDaily, keepWeekly, keepMonthly, keepAnnual } = policy.retention;
  const tiers = {
    latest: keepLatest,
    hourly: keepHourly,
    daily: keepDaily,
    weekly: keepWeekly,
    monthly: keepMonthly,
    yearly: keepAnnual,
  };
  return Object.fromEntries(Object.entries(tiers).filter(([, count]) => typeof count === 'number'));
}

/** True when the policy in effect is not the declared one in any tier or the compression, or leaves out unchanged snapshots. */
export function policyDiffers(policy: KopiaPolicy, wanted: WantedPolicy): boolean {
  const tiers = tiersOf(policy);
  const names = Object.keys(RetentionSchema.shape) as (keyof Retention)[];
  return (
    names.some((tier) => tiers[tier] !== wanted.retain[tier]) ||
    policy.retention.ignoreIdenticalSnapshots === true ||
    (policy.compression.compressorName ?? '') !== wanted.compression
  );
}

type Retained = Pick<SnapshotSummary, 'id' | 'startTime' | 'incomplete' | 'pins'>;

/** Snapshots that the declared tiers would remove and those in effect keep, newest first. */
export function newlyExpired<T extends Retained>(snapshots: readonly T[], policy: KopiaPolicy, wanted: Retention): T[] {
  const already = expiredSnapshots(snapshots, tiersOf(policy));
  const then = expiredSnapshots(snapshots, wanted);
  return byNewest(snapshots.filter(({ id }) => then.has(id) && !already.has(id)));
}

/** Holds a run whose retention would remove snapshots that exist. Throws Suspicious naming the approval. */
export function requireApproval(removed: readonly Retained[], identity: string, approved: boolean): void {
  if (removed.length === 0 || approved) return;
  const [newest, oldest] = [removed[0]!, removed.at(-1)!];
  const which =
    removed.length === 1
      ? `1 existing snapshot of ${identity} (${newest.id} of ${newest.startTime})`
      : `${removed.length} existing snapshots of ${identity}, the newest ${newest.id} of ${newest.startTime}, the oldest ${oldest.id} of ${oldest.startTime}`;
  throw new PortError(
    FailureType.Suspicious,
    `the declared retention would remove ${which}; to agree, set approveRetention to true`,
  );
}
