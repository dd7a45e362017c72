/** VolSync's leader lease and label (compatibility.md 2.1, 1.1). */
export const VOLSYNC_LEASE = 'b95b3104.backube';
export const VOLSYNC_SELECTOR = 'app.kubernetes.io/name=volsync';

/** A lease that was renewed within twice its duration is held. */
const LEASE_GRACE = 2;

/** What VolSync's own binaries ask for, seconds. */
const DEFAULT_LEASE_SECONDS = 137;

export interface VolSyncState {
  /** Its operator works, or is about to: what it looks after must not be taken over. */
  readonly acting: boolean;
  /** One line each: what was seen. */
  readonly seen: readonly string[];
  /** Deployments of the operator that want at least one replica, `namespace/name`. */
  readonly deployments: readonly string[];
}

export interface LeaseView {
  readonly namespace: string;
  readonly holder?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339. */
  readonly renewTime?: string;
}

export interface DeploymentView {
  readonly namespace: string;
  readonly name: string;
  /** Wanted. */
  readonly replicas: number;
}

/**
 * Pure. A fresh lease or a Deployment that wants replicas is enough: the operator may be between two pods. A lease without
 * a time counts as held.
 */
export function readVolSyncState(
  leases: readonly LeaseView[],
  deployments: readonly DeploymentView[],
  now: Date,
): VolSyncState {
  const held = leases.filter((lease) => isHeld(lease, now));
  const wanted = deployments.filter(({ replicas }) => replicas > 0);
  return {
    acting: held.length > 0 || wanted.length > 0,
    seen: [
      ...held.map(
        ({ namespace, holder, renewTime }) =>
          `Lease ${namespace}/${VOLSYNC_LEASE} is held by ${holder}, renewed at ${renewTime ?? 'an unknown time'}`,
      ),
      ...wanted.map(({ namespace, name, replicas }) => `Deployment ${namespace}/${name} wants ${replicas} replicas`),
    ],
    deployments: wanted.map(({ namespace, name }) => `${namespace}/${name}`),
  };
}

function isHeld({ holder, leaseDurationSeconds, renewTime }: LeaseView, now: Date): boolean {
  if (!holder) return false;
  const renewed = renewTime === undefined ? Number.NaN : Date.parse(renewTime);
  if (Number.isNaN(renewed)) return true;
  return now.getTime() - renewed < (leaseDurationSeconds ?? DEFAULT_LEASE_SECONDS) * 1000 * LEASE_GRACE;
}

/** How to stop it, as a command; a guess at the usual names where no Deployment was found. */
export function howToStopVolSync({ deployments }: VolSyncState): string {
  const found = deployments.length > 0 ? deployments : ['volsync-system/volsync'];
  return found
    .map((label) => label.split('/'))
    .map(([namespace, name]) => `kubectl -n ${namespace} scale deploy ${name} --replicas=0`)
    .join(' && ');
}
