import type { FailureType } from './failures.ts';

/** What a mover has done so far, from Kopia's own metrics; the heartbeat detail of every mover activity. */
export interface MoverProgress {
  /** The mover's Job, so that the next attempt finds it. */
  readonly jobName: string;
  readonly jobUid?: string;
  readonly state: 'Waiting' | 'Running' | 'Ended';
  /** Why it waits, in the scheduler's or kubelet's own words. */
  readonly waitingFor?: string;
  /** Bytes read from the source (backup) or from the repository (restore). */
  readonly bytesDone?: number;
  /** Bytes written to the repository (backup only). */
  readonly bytesUploaded?: number;
  /** Bytes expected in all, from the previous snapshot (backup) or the snapshot itself (restore). */
  readonly bytesTotal?: number;
  readonly bytesPerSecond?: number;
  /** 0 to 100. */
  readonly percent?: number;
  readonly secondsLeft?: number;
}

/** One phase of a run, for the query `progress` and the result. */
export interface PhaseTiming {
  readonly phase: string;
  /** Milliseconds. */
  readonly milliseconds: number;
}

/** Answer of the query `progress` of every run. */
export interface RunProgress {
  readonly phase: string;
  readonly phases: readonly PhaseTiming[];
  readonly snapshotId?: string;
  readonly failure?: { readonly type: FailureType | string; readonly message: string };
}

export const PROGRESS_QUERY = 'progress';

/** Search attributes that every run carries; registered by the platform and checked by `stowage status`. */
export const SearchAttribute = {
  namespace: 'StowageNamespace',
  claim: 'StowageClaim',
  repository: 'StowageRepository',
  outcome: 'StowageOutcome',
  snapshot: 'StowageSnapshot',
} as const;
