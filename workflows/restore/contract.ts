import type { AccessMode } from '../../api/kubernetes-values.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import type { CleanUpResult, RunReference } from '../backup/contract.ts';
import type { PhaseTiming } from '../progress.ts';
import type { SnapshotSummary } from '../repository/contract.ts';

export const RESTORE_VOLUME = 'restoreVolume';

/** One id per application claim: fifty requests are one run. */
export const restoreWorkflowId = (namespace: string, claim: string): string => `restore/${namespace}/${claim}`;

export const RestorePhase = {
  Preflight: 'Preflight',
  SelectSnapshot: 'SelectSnapshot',
  Stage: 'Stage',
  Mover: 'Mover',
  Check: 'Check',
  HandOver: 'HandOver',
  Record: 'Record',
  CleanUp: 'CleanUp',
} as const;
export type RestorePhase = (typeof RestorePhase)[keyof typeof RestorePhase];

export interface RestoreStep {
  readonly run: RunReference;
  readonly request: ResolvedRestore;
}

/** `claimExists` ends the run: nothing is touched. */
export interface RestorePreflight {
  readonly claimExists: boolean;
  /** Set when the claim that exists is the one that this very run handed over (an attempt after a crash). */
  readonly handedOverByThisRun: boolean;
  readonly privileged: boolean;
  readonly repositoryUniqueId: string;
  /** The repository's folder, as movers see it. */
  readonly repositoryPath: string;
}

/** The claim that will be made, decided once. */
export interface RestorePlan {
  readonly snapshot: SnapshotSummary;
  readonly capacity: string;
  readonly storageClassName?: string;
  readonly accessModes: readonly AccessMode[];
  readonly privileged: boolean;
  readonly repositoryUniqueId: string;
  /** The repository's folder, as movers see it. */
  readonly repositoryPath: string;
}

export interface RestoreMoverInput extends RestoreStep {
  readonly plan: RestorePlan;
}

export interface RestoreMoverResult {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  readonly startMilliseconds: number;
  readonly kopiaMilliseconds: number;
}

/** A kind of difference that is counted; the first few are named. */
export interface Deviation {
  readonly count: number;
  readonly examples: readonly string[];
}

/** The restored tree against the snapshot's own directory entries. */
export interface Comparison {
  readonly filesExpected: number;
  readonly filesFound: number;
  readonly directoriesExpected: number;
  readonly directoriesFound: number;
  readonly symlinksExpected: number;
  readonly symlinksFound: number;
  readonly bytesExpected: number;
  readonly bytesFound: number;
  /** Files whose whole content was read back and compared with the repository. */
  readonly contentsCompared: number;
  /** Missing, surplus, of another type or size, other content or link target: any of these refuses the handover. */
  readonly mismatches: Deviation;
  /** Owners and modes that the mover may not set; counted and named, they don't refuse the handover. */
  readonly owners: Deviation;
  readonly modes: Deviation;
  readonly times: Deviation;
}

export interface HandOverInput extends RestoreStep {
  readonly plan: RestorePlan;
  /** True for a first deployment: there is no snapshot, the claim is empty. */
  readonly empty: boolean;
}

export interface HandOverResult {
  readonly claimUid: string;
  readonly volumeName: string;
}

export interface RestoreControlActivities {
  /** Touches nothing. Throws SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), VolumeBusy. */
  preflightRestore(step: RestoreStep): Promise<RestorePreflight>;
  /** Makes the staging claim (or finds the one of its own run; a leftover of an older run is removed first). */
  stageRestore(step: RestoreStep & { readonly plan: RestorePlan }): Promise<{ readonly stagingClaim: string }>;
  /** Gives the checked volume its final name in re-enterable steps. Throws TargetExists when somebody made the claim meanwhile. */
  handOver(input: HandOverInput): Promise<HandOverResult>;
  /** Makes an empty claim for a first deployment. Throws TargetExists. */
  createEmptyClaim(step: RestoreStep & { readonly capacity: string }): Promise<HandOverResult>;
  /** Event and annotations on the claim; on failure an event on the namespace's destination object if there is one. */
  recordRestore(step: RestoreStep & { readonly result: RestoreRecord }): Promise<void>;
  /** Stops movers of this run, removes Jobs and an unfinished staging claim, waits until they are gone. */
  cleanUpRestore(step: RestoreStep & { readonly handedOver: boolean }): Promise<CleanUpResult>;
}

export interface RestoreMoverActivities {
  runRestoreMover(input: RestoreMoverInput): Promise<RestoreMoverResult>;
  /** Compares the staging claim with the snapshot in a Job of its own. Throws RestoreMismatch. */
  checkRestore(input: RestoreMoverInput): Promise<Comparison>;
}

export interface RestoreRecord {
  readonly outcome: 'Restored' | 'StartedEmpty' | 'Failed' | 'Canceled';
  readonly finishedAt: string;
  readonly snapshotId?: string;
  readonly durationSeconds: number;
  readonly failure?: { readonly type: string; readonly message: string };
}

export interface RestoreVolumeResult {
  readonly outcome: 'Restored' | 'TargetExists' | 'StartedEmpty';
  /** One sentence for a person. */
  readonly message: string;
  readonly snapshotId?: string;
  readonly snapshotTime?: string;
  readonly identity: string;
  readonly files?: number;
  readonly directories?: number;
  readonly bytes?: number;
  readonly comparison?: Comparison;
  readonly claimUid?: string;
  readonly volumeName?: string;
  readonly phases: readonly PhaseTiming[];
}
