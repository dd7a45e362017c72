import type { ResolvedBackup } from '../../api/backup-request.ts';
import type { AccessMode } from '../../api/kubernetes-values.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { Suspicion } from '../../api/suspicion.ts';
import type { FailureType } from '../failures.ts';
import type { PhaseTiming } from '../progress.ts';

export const BACKUP_VOLUME = 'backupVolume';

/** One id per source: a run that is under way is joined. A Schedule adds its time to it. */
export const backupWorkflowId = (namespace: string, source: string): string => `backup/${namespace}/${source}`;

export const BackupPhase = {
  Preflight: 'Preflight',
  OpenRepository: 'OpenRepository',
  Capture: 'Capture',
  Mover: 'Mover',
  ReadBack: 'ReadBack',
  /** Only when the source shrank suddenly. */
  Hold: 'Hold',
  Record: 'Record',
  CleanUp: 'CleanUp',
} as const;
export type BackupPhase = (typeof BackupPhase)[keyof typeof BackupPhase];

/** Who runs: stands on everything that the run makes. */
export interface RunReference {
  readonly workflowId: string;
  readonly runId: string;
}

export interface BackupStep {
  readonly run: RunReference;
  readonly request: ResolvedBackup;
  /** Uid of the ReplicationSource that declared the run when it began; left out where none did. */
  readonly sourceUid?: string;
}

/** The source claim as preflight found it; later steps don't look again. */
export interface BackupPlan {
  readonly claimUid: string;
  /** Size of the point-in-time claim. */
  readonly capacity: string;
  readonly storageClassName?: string;
  readonly accessModes: readonly AccessMode[];
  /** The claim as it is, for the snapshot's tags. */
  readonly claimCapacity: string;
  readonly claimStorageClassName?: string;
  readonly claimAccessModes: readonly AccessMode[];
  /** Node that a direct mount has to run on, because a pod there uses the claim (not ReadWriteMany). */
  readonly nodeName?: string;
  readonly cacheClaim: string;
  readonly cacheClaimExists: boolean;
  /** A closed run left the claim that a copy would be made under: it has to go first. */
  readonly leftoverCopy?: boolean;
  /** The namespace allows movers that run as root. */
  readonly privileged: boolean;
  /** The repository's known unique id. */
  readonly repositoryUniqueId: string;
  /** Of the ReplicationSource that declares this backup; absent when none does, or it is gone. */
  readonly sourceUid?: string;
  /** Where movers find the repository. */
  readonly repository: RepositoryPlace;
}

export interface CaptureResult {
  /** The claim that the mover reads: a clone, or the source itself for Direct. */
  readonly dataClaim: string;
  /** Set when the mover step has to post the claim from this VolumeSnapshot together with its Job. */
  readonly volumeSnapshot?: string;
  /** Size of the clone where the VolumeSnapshot needs more than the plan's. */
  readonly capacity?: string;
}

export interface BackupMoverInput extends BackupStep {
  readonly plan: BackupPlan;
  readonly capture: CaptureResult;
  /** Bytes of the previous snapshot, for percent and time left. */
  readonly expectedBytes?: number;
}

export interface BackupMoverResult {
  readonly snapshotId: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly unreadable: number;
  /** First few paths that could not be read. */
  readonly unreadablePaths: readonly string[];
  readonly incomplete?: string;
  /** New bytes written to the repository, as Kopia reported them at its very end; left out where that report did not arrive. */
  readonly uploadedBytes?: number;
  /** Milliseconds from posting the Job to the running container, and Kopia's own duration. */
  readonly startMilliseconds: number;
  readonly kopiaMilliseconds: number;
}

/** What stands on the claim after a run (annotation `stowage.dev/last-backup`), so that it survives Temporal's retention. */
export interface BackupRecord {
  readonly outcome: 'Succeeded' | 'Failed' | 'Canceled';
  readonly runId: string;
  readonly workflowId: string;
  /** RFC 3339. */
  readonly finishedAt: string;
  readonly snapshotId?: string;
  readonly files?: number;
  readonly bytes?: number;
  readonly uploadedBytes?: number;
  readonly durationSeconds: number;
  readonly failure?: { readonly type: FailureType | string; readonly message: string };
  /** The backup is good, and the source much smaller than before: its retention is held. */
  readonly suspicious?: Suspicion;
}

export interface CleanUpResult {
  /** `kind/name` of everything that is gone now. */
  readonly removed: readonly string[];
}

/** Short calls to the cluster. */
export interface BackupControlActivities {
  /**
   * Touches nothing; says on a declared source that a run is under way, which never makes it fail. Throws SourceMissing, SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), VolumeBusy.
   */
  preflightBackup(step: BackupStep): Promise<BackupPlan>;
  /** Makes the point-in-time copy and waits until it is usable; attaches to what its own run made. Throws VolumeSnapshotFailed, ProvisioningFailed. */
  captureVolume(step: BackupStep & { readonly plan: BackupPlan }): Promise<CaptureResult>;
  /** Writes the record on the claim, the status of a declared source, and events. Idempotent. What is gone is not an error. */
  recordBackup(step: BackupStep & { readonly record: BackupRecord }): Promise<void>;
  /** Stops a mover that still runs, then removes Job, clone and VolumeSnapshot of this run, and waits until they are gone. */
  cleanUpBackup(step: BackupStep & { readonly stopMover: boolean }): Promise<CleanUpResult>;
}

/** Long calls that follow a mover. */
export interface BackupMoverActivities {
  /** Posts the mover (or finds the one of its own run), follows it, returns what it said. Throws the mover's failures. */
  runBackupMover(input: BackupMoverInput): Promise<BackupMoverResult>;
}

export interface BackupVolumeResult {
  readonly outcome: 'Succeeded';
  readonly snapshotId: string;
  readonly identity: string;
  readonly repository: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly uploadedBytes?: number;
  readonly unreadableFiles: number;
  /** Snapshot ids that retention removed during this run. */
  readonly removedSnapshots: readonly string[];
  readonly snapshotsKept: number;
  /** The source is much smaller than before: retention is held until a person approves. */
  readonly suspicious?: Suspicion;
  readonly phases: readonly PhaseTiming[];
}
