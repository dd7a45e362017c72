import type { RunStatus } from '../../api/declared-object.ts';
import type { AccessMode } from '../../api/kubernetes-values.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import type { CleanUpResult, RunReference } from '../backup/contract.ts';
import type { PhaseTiming } from '../progress.ts';
import type { SnapshotSummary } from '../repository/contract.ts';

export const RESTORE_VOLUME = 'restoreVolume';

/** One id per application claim: fifty requests are one run. */
export const restoreWorkflowId = (namespace: string, claim: string): string => `restore/${namespace}/${claim}`;

export const RestorePhase = {
  Start: 'Start',
  Preflight: 'Preflight',
  SelectSnapshot: 'SelectSnapshot',
  Stage: 'Stage',
  Provision: 'Provision',
  Mover: 'Mover',
  Check: 'Check',
  HandOver: 'HandOver',
  Image: 'Image',
  Record: 'Record',
  CleanUp: 'CleanUp',
} as const;
export type RestorePhase = (typeof RestorePhase)[keyof typeof RestorePhase];

export interface RestoreStep {
  readonly run: RunReference;
  readonly request: ResolvedRestore;
  /** Uid of the ReplicationDestination that declares the run; left out where there is none (any more). */
  readonly destinationUid?: string;
}

/** A declared claim that waits for its volume, as the API server holds it: only a volume like this will be bound to it. */
export interface WaitingClaim {
  readonly capacity: string;
  /** Left out where the cluster had no default class either. */
  readonly storageClassName?: string;
  readonly accessModes: readonly AccessMode[];
  /** Node that the scheduler has chosen for the first pod: the volume has to be made where that pod can run. */
  readonly nodeName?: string;
}

/** `claimExists` ends the run: nothing is touched. */
export interface RestorePreflight {
  readonly claimExists: boolean;
  /** Set when the claim that exists is the one that this very run handed over (an attempt after a crash). */
  readonly handedOverByThisRun: boolean;
  /** The claim that the volume is for, where it is declared and waits. */
  readonly waiting?: WaitingClaim;
  readonly privileged: boolean;
  readonly repositoryUniqueId: string;
  /** Where movers find the repository. */
  readonly repository: RepositoryPlace;
}

/** The claim that will be made, decided once. */
export interface RestorePlan {
  readonly snapshot: SnapshotSummary;
  readonly capacity: string;
  readonly storageClassName?: string;
  readonly accessModes: readonly AccessMode[];
  /** The one node where the volume may be made. */
  readonly nodeName?: string;
  readonly privileged: boolean;
  readonly repositoryUniqueId: string;
  /** Where movers find the repository. */
  readonly repository: RepositoryPlace;
}

/** A plan without a snapshot is that of an empty volume: a first deployment. */
export type VolumePlan = Omit<RestorePlan, 'snapshot'> & { readonly snapshot?: SnapshotSummary };

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

export interface VolumeInput extends RestoreStep {
  readonly plan: VolumePlan;
}

export interface DeliverImageInput extends RestoreStep {
  /** Name of the VolumeSnapshot, decided once. */
  readonly imageName: string;
}

/** `status.latestImage` of a destination. */
export type ImageReference = NonNullable<RunStatus['latestImage']>;

export interface DeliverImageResult {
  readonly image: ImageReference;
  /** The VolumeSnapshot that was the latest image until now. */
  readonly replaces?: string;
}

export interface CleanUpRestoreInput extends RestoreStep {
  readonly handedOver: boolean;
  /** {@link DeliverImageResult.replaces}: goes where another image is the recorded one by now. */
  readonly replaced?: string;
}

export interface HandOverResult {
  readonly claimUid: string;
  readonly volumeName: string;
}

export interface RestoreControlActivities {
  /** Says on the declared destination that its run is under way. A destination that is gone is not an error. */
  recordRestoreStart(step: RestoreStep & { readonly startedAt: string }): Promise<{ readonly destinationUid?: string }>;
  /** Touches nothing. Throws InvalidSpec (a waiting claim that no restore can fill), SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), VolumeBusy. */
  preflightRestore(step: RestoreStep): Promise<RestorePreflight>;
  /** Makes the staging claim (or finds the one of its own run; a leftover of an older run is removed first). */
  stageRestore(input: VolumeInput): Promise<{ readonly stagingClaim: string }>;
  /** Gives the checked volume its final name in re-enterable steps. Throws TargetExists when somebody made the claim meanwhile, DestinationGone when nobody declares it any more. */
  handOver(input: VolumeInput): Promise<HandOverResult>;
  /** Makes an empty claim for a first deployment. Throws TargetExists, DestinationGone. */
  createEmptyClaim(step: RestoreStep & { readonly capacity: string }): Promise<HandOverResult>;
  /** Takes the image of the checked staging claim and waits until it is ready to use; records nothing. Throws VolumeSnapshotFailed. */
  deliverImage(input: DeliverImageInput): Promise<DeliverImageResult>;
  /** The run's part of the status of a declared destination, and events on it and on the claim. A destination or claim that is gone is not an error. */
  recordRestore(step: RestoreStep & { readonly result: RestoreRecord }): Promise<void>;
  /** Stops movers of this run, removes Jobs, an unfinished staging claim and images that are not the recorded one, waits until they are gone. */
  cleanUpRestore(input: CleanUpRestoreInput): Promise<CleanUpResult>;
}

export interface RestoreMoverActivities {
  runRestoreMover(input: RestoreMoverInput): Promise<RestoreMoverResult>;
  /** Compares the staging claim with the snapshot in a Job of its own. Throws RestoreMismatch. */
  checkRestore(input: RestoreMoverInput): Promise<Comparison>;
  /** Mounts the staging claim once, so that also a class that waits for its first pod makes the (empty) volume. */
  provisionEmptyVolume(input: VolumeInput): Promise<void>;
}

export interface RestoreRecord {
  readonly outcome: 'Restored' | 'StartedEmpty' | 'TargetExists' | 'Failed' | 'Canceled';
  /** One sentence, without the outcome's word. */
  readonly message: string;
  readonly finishedAt: string;
  readonly snapshotId?: string;
  readonly durationSeconds: number;
  /** The destination's image from now on. */
  readonly image?: ImageReference;
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
  /** What became `status.latestImage`. */
  readonly image?: ImageReference;
  readonly phases: readonly PhaseTiming[];
}
