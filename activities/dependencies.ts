import type { ActivityLog } from './ports/activity-log.ts';
import type { Clock } from './ports/clock.ts';
import type { Cluster } from './ports/cluster.ts';
import type { RunRegistry } from './ports/run-registry.ts';
import type { UploadReports } from './ports/upload-reports.ts';

/** What the cluster-side activities are told by the worker's configuration. */
export interface ActivitySettings {
  /** Stowage's own namespace: where the record of each repository stands. */
  readonly stowageNamespace: string;
  /** Image whose entry point is Kopia. */
  readonly kopiaImage: string;
  /** Image of this version of Stowage, for the restore check. */
  readonly stowageImage: string;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Service account of movers in the applications' namespaces; `default` where left out. Its token is never mounted. */
  readonly moverServiceAccount?: string;
}

/** Everything that the cluster-side activities touch. */
export interface ActivityDependencies {
  readonly cluster: Cluster;
  readonly runs: RunRegistry;
  readonly clock: Clock;
  readonly settings: ActivitySettings;
  readonly log: ActivityLog;
  /** Only in the worker that follows movers. */
  readonly reports?: UploadReports;
}
