import type { DrillRecord } from '../../api/drill-record.ts';
import type { ResolvedDrill } from '../../api/drill-request.ts';
import type { RunTracker } from '../run-tracker.ts';
import type { DrillStep } from './contract.ts';
import type { DrillSteps } from './steps.ts';

/** What a drill finds out on its way. */
export type Measured = {
  -readonly [Field in
    | 'snapshotId'
    | 'snapshotTime'
    | 'dataAgeSeconds'
    | 'restoreSeconds'
    | 'files'
    | 'bytes'
    | 'bytesPerSecond'
    | 'contentsCompared'
    | 'check']?: NonNullable<DrillRecord[Field]>;
};

/** One drill on its way. */
export interface DrillRun {
  readonly drill: ResolvedDrill;
  readonly step: DrillStep;
  readonly steps: DrillSteps;
  readonly tracker: RunTracker;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Filled as the drill goes on, so that a failure still tells what was reached. */
  readonly measured: Measured;
}
