import type { DeclaredCondition } from './declared-object.ts';

/** What a run writes into the status of its KopiaMaintenance; every field of it in each write. Times are RFC 3339. */
export interface MaintenanceRunStatus {
  /** The end of the last good run. */
  readonly lastMaintenanceTime?: string;
  /** How many runs failed since. */
  readonly maintenanceFailures?: number;
  readonly lastManualSync?: string;
}

/** What the watch writes; every field of it in each write. */
export interface MaintenanceWatchStatus {
  readonly observedGeneration?: number;
  /** When the watch last had something new to say. */
  readonly lastReconcileTime?: string;
  readonly nextScheduledMaintenance?: string;
  readonly conditions: readonly DeclaredCondition[];
}

/** `status` of a KopiaMaintenance; VolSync's fields (compatibility.md 1.5). */
export type MaintenanceStatus = MaintenanceRunStatus & Partial<MaintenanceWatchStatus>;
