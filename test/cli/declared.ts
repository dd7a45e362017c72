import type { DeclaredStatus } from '../../api/declared-object.ts';
import type { ClaimView } from '../../cli/cluster.ts';
import type { DeclaredManifest } from '../../cli/declared-objects.ts';
import { readWorld, type WorldOptions } from '../../cli/declared-world.ts';
import { destinationManifest } from '../api/destinations.ts';
import { manifest } from '../schedules/manifests.ts';

export interface ObjectChange {
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: object;
  readonly kopia?: object;
  readonly status?: DeclaredStatus;
  readonly control?: 'adopted' | 'released';
  readonly created?: string;
}

/** A source as the cluster holds it. */
export const sourceObject = (change: ObjectChange = {}): DeclaredManifest =>
  stored(manifest({ name: change.name ?? 'app-src', spec: change.spec ?? {}, kopia: change.kopia ?? {} }), change);

/** A destination as the cluster holds it. */
export const destinationObject = (change: ObjectChange = {}): DeclaredManifest =>
  stored(
    destinationManifest({ name: change.name ?? 'app-dst', spec: change.spec ?? {}, kopia: change.kopia ?? {} }),
    change,
  );

function stored(object: object, { namespace = 'demo', status, control, created }: ObjectChange): DeclaredManifest {
  const base = object as DeclaredManifest;
  return {
    ...base,
    metadata: {
      ...base.metadata,
      namespace,
      creationTimestamp: created ?? '2026-01-01T00:00:00Z',
      ...(control && { annotations: { 'stowage.dev/control': control } }),
    },
    ...(status && { status }),
  };
}

/** What VolSync's operator leaves on an object that works. */
export const volsyncStatus: DeclaredStatus = {
  lastSyncTime: '2026-11-23T11:00:30Z',
  conditions: [condition('Synchronizing', 'False', 'WaitingForSchedule')],
};

export function condition(type: string, status: 'True' | 'False', reason: string, message = '') {
  return { type, status, reason, message, lastTransitionTime: '2026-11-23T11:00:30Z' };
}

export const claimOf = (name: string, change: Partial<ClaimView> = {}): ClaimView => ({
  namespace: 'demo',
  name,
  phase: 'Bound',
  ...change,
});

export const worldOf = (
  sources: readonly DeclaredManifest[],
  destinations: readonly DeclaredManifest[] = [],
  options: Partial<WorldOptions> = {},
) => readWorld({ sources, destinations }, { volsyncActs: false, ...options });
