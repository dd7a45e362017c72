import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import type { DeclaredStatus } from '../../api/declared-object.ts';
import { stagingClaimName, temporaryClaimName } from '../../api/names.ts';
import type { DeclaredDestination } from '../../api/replication-destination.ts';
import { awaitsVolume, populatedBy } from '../volume/preflight-restore.ts';
import type { Picture } from './declared-context.ts';

/** One restore that a destination asks for now. */
export interface RestoreTarget {
  /** The claim that it is about; decides the run's id. */
  readonly claim: string;
  readonly deliver: 'Claim' | 'Image';
  /** True where the claim is not there, or waits: lost again, it is restored again, from the newest snapshot then. */
  readonly repeats: boolean;
  /** There is no object of that name. */
  readonly missing: boolean;
}

/** True when the destination's manual value was answered already, or it has none. */
export const isServed = ({ manual }: DeclaredDestination, status: DeclaredStatus | undefined): boolean =>
  manual === undefined || status?.lastManualSync === manual;

/**
 * The restores that a destination asks for: its claim when that is missing, every claim that names it as its data source and
 * waits, and one for a manual value that was not answered yet. A claim that exists is at most told so. Pure.
 */
export function planTargets(
  destination: DeclaredDestination,
  status: DeclaredStatus | undefined,
  picture: Pick<Picture, 'claim' | 'waitingClaims'>,
): RestoreTarget[] {
  const { namespace, name, claim } = destination;
  const waiting = picture
    .waitingClaims(namespace, name)
    .map(({ metadata }) => metadata?.name ?? '')
    .filter((waits) => waits !== claim)
    .map((waits): RestoreTarget => ({ claim: waits, deliver: 'Claim', repeats: true, missing: false }));
  const own =
    claim === undefined ? [] : ownTarget(name, claim, picture.claim(namespace, claim), isServed(destination, status));
  const targets = [...own, ...waiting];
  if (targets.length > 0 || claim !== undefined || isServed(destination, status)) return targets;
  return destination.copyMethod === 'Snapshot'
    ? [{ claim: stagingClaimName(name), deliver: 'Image', repeats: false, missing: false }]
    : [{ claim: temporaryClaimName(name), deliver: 'Claim', repeats: false, missing: false }];
}

function ownTarget(
  destination: string,
  name: string,
  claim: V1PersistentVolumeClaim | undefined,
  served: boolean,
): RestoreTarget[] {
  const target = { claim: name, deliver: 'Claim' } as const;
  if (!claim) return [{ ...target, repeats: true, missing: true }];
  // It has its name until it is gone, and then this is looked at again.
  if (claim.metadata?.deletionTimestamp) return [];
  // A claim that waits for another destination's volume is that one's.
  if (awaitsVolume(claim))
    return populatedBy(claim) === destination ? [{ ...target, repeats: true, missing: false }] : [];
  // The run finds the claim, touches nothing, and answers the manual value with that.
  return served ? [] : [{ ...target, repeats: false, missing: false }];
}
