import type { DrillCheck } from '../../api/drill-check.ts';
import type { DrillRecord } from '../../api/drill-record.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { CleanUpResult } from '../backup/contract.ts';
import type { PhaseTiming } from '../progress.ts';
import type { RestorePlan, RestoreStep, WaitingClaim } from '../restore/contract.ts';

export const DRILL_VOLUME = 'drillVolume';

/** `drill/<namespace>/<source>`: the schedule of a source's drills, and the id of one that a person starts. */
export const drillId = (namespace: string, source: string): string => `drill/${namespace}/${source}`;

/** True for the schedules and runs of drills, of whichever source. */
export const isDrillId = (id: string): boolean => id.startsWith('drill/');

export const DrillPhase = {
  Preflight: 'Preflight',
  SelectSnapshot: 'SelectSnapshot',
  Stage: 'Stage',
  Mover: 'Mover',
  Compare: 'Compare',
  Check: 'Check',
  Record: 'Record',
  CleanUp: 'CleanUp',
} as const;
export type DrillPhase = (typeof DrillPhase)[keyof typeof DrillPhase];

/** The step of the restore that is rehearsed: its `request.destination` is the drill's own name. */
export interface DrillStep extends RestoreStep {
  readonly check?: DrillCheck;
}

export interface DrillPreflight {
  readonly privileged: boolean;
  readonly repositoryUniqueId: string;
  /** The repository's folder, as movers see it. */
  readonly repository: RepositoryPlace;
  /** The application's claim as it is; left out where it is lost. For a snapshot that does not say what its claim was. */
  readonly claim?: WaitingClaim;
}

export interface DrillInput extends DrillStep {
  readonly plan: RestorePlan;
}

export interface DrillCheckInput extends DrillInput {
  readonly check: DrillCheck;
}

export interface DrillCheckResult {
  readonly startMilliseconds: number;
  readonly runMilliseconds: number;
  /** The last lines that it wrote, without what looks like a secret. */
  readonly log: readonly string[];
}

export interface DrillControlActivities {
  /** Touches nothing. Throws SecretMissing, SecretInvalid, RepositoryNotFound (never initialised), RepositoryUnreachable. */
  preflightDrill(step: DrillStep): Promise<DrillPreflight>;
  /** Removes what an older drill of the source left, then makes the throw-away claim. Throws VolumeBusy while another drill of it runs. */
  stageDrill(input: DrillInput): Promise<{ readonly stagingClaim: string }>;
  /** Puts the result into the source's history and tells it at the source. */
  recordDrill(step: DrillStep & { readonly record: DrillRecord }): Promise<void>;
  /** Removes the Jobs and the claim of this run, and waits until they are gone. Throws CleanupFailed. */
  cleanUpDrill(step: DrillStep): Promise<CleanUpResult>;
}

export interface DrillMoverActivities {
  /** Runs the named image on the restored data. Throws CheckFailed with the last lines that it wrote. */
  runDrillCheck(input: DrillCheckInput): Promise<DrillCheckResult>;
}

export interface DrillVolumeResult extends DrillRecord {
  readonly phases: readonly PhaseTiming[];
}
