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

/** `status` of a KopiaRepository. */
export interface RepositoryStatus {
  readonly conditions?: readonly DeclaredCondition[];
  readonly uniqueId?: string;
  readonly content?: RepositoryContent;
  readonly care?: Readonly<Partial<Record<CareTask, CareStatus>>>;
}
