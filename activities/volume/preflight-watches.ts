import { Label } from '../../api/metadata.ts';
import type { WatchRules } from '../kubernetes/watched-reads.ts';
import type { DeclaredObject } from '../ports/cluster.ts';
import { RECORD_COMPONENT } from '../status/repository-record.ts';
import { allowsPrivileged } from './preflight.ts';

/** A run that is under way is about to write from what it reads: that must not be what another worker has changed since. */
const isUnderWay = ({ status }: DeclaredObject): boolean => status?.lastSyncStartTime !== undefined;

/**
 * What every preflight reads and hardly anybody changes. The opt-in for privileged movers is asked for anew before it is
 * believed: one that was taken back must never count.
 */
export const preflightWatches = (stowageNamespace: string) =>
  ({
    Namespace: { selector: {}, askAnew: allowsPrivileged },
    ReplicationSource: { selector: {}, askAnew: isUnderWay },
    ReplicationDestination: { selector: {}, askAnew: isUnderWay },
    // Not the histories of drills, of which there is one for each source.
    ConfigMap: { selector: { namespace: stowageNamespace, labels: `${Label.component}=${RECORD_COMPONENT}` } },
  }) satisfies WatchRules;
