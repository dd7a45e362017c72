import type { BackupRequest } from '../../api/backup-request.ts';
import type { MaintenanceDeclarer, MaintenanceRequest } from '../../api/care-request.ts';
import type { DeclaredMaintenance } from '../../api/kopia-maintenance.ts';
import type { DeclaredRepository } from '../../api/kopia-repository.ts';
import type { DeclaredSource } from '../../api/replication-source.ts';
import type { RestoreRequest } from '../../api/restore-request.ts';

/** A declared source, and why its schedule must not start anything just now. */
export interface ScheduledSource {
  readonly source: DeclaredSource;
  /** One sentence; the schedule is paused with it as its note. */
  readonly held?: string;
}

/** A KopiaMaintenance that asks for a schedule, and why that must not start anything just now. */
export interface ScheduledMaintenance {
  readonly maintenance: DeclaredMaintenance;
  /** Stowage's name of the repository that it means. */
  readonly repository: string;
  readonly held?: string;
}

export interface SourceRef {
  readonly namespace: string;
  readonly name: string;
}

/** What became of schedules. */
export interface ScheduleReport {
  /** How many changes were made. */
  readonly changes: number;
  /** What was declared and could not be done, by `namespace/name`: one sentence each. */
  readonly failed: ReadonlyMap<string, string>;
}

/** What became of the schedules of sources. */
export interface SourceScheduleReport extends ScheduleReport {
  /**
   * With `complete`: schedules of Stowage that none of the sources declares and that stay, by `namespace/name`: those of `keep`,
   * and all of which there were too many to delete at once.
   */
  readonly left: ReadonlySet<string>;
}

/** The newest run of a workflow id, as far as Temporal remembers it. */
export interface LastRun {
  readonly runId: string;
  readonly state: 'Open' | 'Completed' | 'Failed' | 'Canceled';
  /** What it was started for; runs that people start have none. */
  readonly attempt?: string;
  /** Milliseconds since 1970; only of a closed run. */
  readonly closedAt?: number;
  /** The FailureType with which it ended. */
  readonly failureType?: string;
}

/**
 * What the watch asks of Temporal. Each method throws PortError ClusterUnreachable when Temporal does not answer; each may be
 * repeated, and two watches that do the same at once do it once.
 */
export interface Orchestrator {
  /**
   * Brings the schedules of these sources to what is declared. With `complete` these are all that exist: schedules of others
   * are deleted within the bounds of the deletion policy, but for those of `complete.keep`. Without it others are left alone.
   */
  syncSchedules(
    sources: readonly ScheduledSource[],
    complete?: { readonly keep: readonly SourceRef[] },
  ): Promise<SourceScheduleReport>;
  /** Brings the schedules of care to what these repositories, all that there are, declare. */
  syncCare(repositories: readonly DeclaredRepository[]): Promise<ScheduleReport>;
  /** Brings the schedules of drills to one for each of these sources, all that there are. */
  syncDrills(sources: readonly DeclaredSource[], repositories: readonly DeclaredRepository[]): Promise<ScheduleReport>;
  /**
   * Brings the schedules of KopiaMaintenances to what these, all that ask for one, declare; those of `keep` stay as they are.
   */
  syncMaintenance(wanted: readonly ScheduledMaintenance[], keep: readonly SourceRef[]): Promise<ScheduleReport>;
  /** Starts the run that answers the manual trigger of a KopiaMaintenance, or joins the one under way. */
  startMaintenance(request: MaintenanceRequest & { declaredBy: MaintenanceDeclarer }, attempt: string): Promise<void>;
  /** Deletes the schedule of one source that is gone, if it is Stowage's. */
  deleteSchedule(source: SourceRef): Promise<void>;
  /** Starts a schedule's run now, outside of its times; nothing where it is paused, or a run of it is open. */
  triggerSchedule(source: SourceRef): Promise<void>;
  /** Starts a backup beside the schedule, or joins the one under way. */
  startBackup(request: BackupRequest, attempt: string): Promise<void>;
  /** Starts a restore, or joins the one under way. */
  startRestore(request: RestoreRequest, attempt: string): Promise<void>;
  /** Undefined when Temporal knows no run of this id (any more). */
  lastRun(workflowId: string): Promise<LastRun | undefined>;
  /** Asks an open run that the watch started to end; none is not an error. */
  cancelRun(workflowId: string): Promise<void>;
}
