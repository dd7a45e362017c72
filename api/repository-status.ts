import type { DeclaredCondition } from './declared-object.ts';
import type { CareTask } from './kopia-repository.ts';

/** How a run of care ended last; every field is Stowage's. Times are RFC 3339. */
export interface CareStatus {
  /** End of the last run that ended well. */
  readonly lastTime?: string | undefined;
  readonly lastDurationSeconds?: number | undefined;
  readonly lastResult?: string | undefined;
  readonly lastEndTime?: string | undefined;
  readonly message?: string | undefined;
  readonly nextTime?: string | undefined;
}

/** What a repository held when it was last counted. */
export interface RepositoryContent {
  readonly identities: number;
  readonly snapshots: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly stored: string;
  readonly blobs: number;
  readonly indexBlobs: number;
  readonly observedTime: string;
}

/** How far the round of deep verifications is. */
export interface VerificationRound {
  readonly parts: number;
  /** From 0: the part that the next run reads. */
  readonly nextPart: number;
  /** When the part 0 of the present round was read. */
  readonly roundStartTime?: string;
  /** When a round was last complete: everything was read once by then. */
  readonly allReadTime?: string;
}

/** Damage that a verification found and none has found gone since. */
export interface FoundDamage {
  /** `quick`, or the part of the data: `3 of 30`. */
  readonly found: string;
  readonly time: string;
  readonly message: string;
  /** Identities with snapshots that can't be restored in full. */
  readonly identities: readonly string[];
  /** How many snapshots. */
  readonly snapshots: number;
  /** Blobs that are missing or corrupt; the first few. */
  readonly blobs: readonly string[];
}

/** `status` of a KopiaRepository. */
export interface RepositoryStatus {
  readonly conditions?: readonly DeclaredCondition[];
  readonly uniqueId?: string;
  readonly content?: RepositoryContent;
  readonly verification?: VerificationRound;
  readonly damage?: readonly FoundDamage[];
  readonly care?: Readonly<Partial<Record<CareTask, CareStatus>>>;
}
