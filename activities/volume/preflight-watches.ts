import type { WatchRules } from '../kubernetes/watched-reads.ts';
import { allowsPrivileged } from './preflight.ts';

/**
 * What every preflight reads and hardly anybody changes. The opt-in for privileged movers is asked for anew before it is
 * believed: one that was taken back must never count.
 */
export const preflightWatches = (stowageNamespace: string) =>
  ({
    Namespace: { selector: {}, askAnew: allowsPrivileged },
    ConfigMap: { selector: { namespace: stowageNamespace } },
  }) satisfies WatchRules;
