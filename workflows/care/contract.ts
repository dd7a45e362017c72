import type { MaintenanceDeclarer, MaintenanceMode } from '../../api/care-request.ts';
import type { CaredRepository, CareTask } from '../../api/kopia-repository.ts';
import type { MaintenanceDeclaration } from '../../api/maintenance-declaration.ts';
import type { RepositoryPlace } from '../../api/repository-place.ts';
import type { RepositoryContent, VerificationRound } from '../../api/repository-status.ts';
import type { VerifyReport } from '../../api/verify-report.ts';
import type { CleanUpResult, RunReference } from '../backup/contract.ts';
import type { PhaseTiming } from '../progress.ts';

/** Keeps a repository small and fast. */
export const MAINTAIN_REPOSITORY = 'maintainRepository';

/** Proves that a repository can be read. */
export const VERIFY_REPOSITORY = 'verifyRepository';

/** Runs for as long as another run works on a repository; nothing but the lock. */
export const HOLD_REPOSITORY = 'holdRepository';

/** One id per repository: Temporal lets only one run have it, which is what makes it a lock (Kopia's own does not hold between pods, faults.md M6). */
export const careLockId = (repository: string): string => `care/${repository}`;

const PREFIX: Readonly<Record<CareTask, string>> = {
  quickMaintenance: 'maintain-quick',
  fullMaintenance: 'maintain-full',
  quickVerification: 'verify-quick',
  deepVerification: 'verify',
};

/** `maintain-full/<namespace>/<repository>`: the schedule of a task, and the id of a run that a person starts. */
export const careId = (task: CareTask, namespace: string, repository: string): string =>
  `${PREFIX[task]}/${namespace}/${repository}`;

/** True for the schedules and runs of care, of whichever repository. */
export const isCareId = (id: string): boolean => Object.values(PREFIX).some((prefix) => id.startsWith(`${prefix}/`));

const DECLARED_PREFIX = 'maintain';

/** `maintain/<namespace>/<name>` of a KopiaMaintenance: its schedule, and the run that answers its manual trigger. */
export const declaredMaintenanceId = (namespace: string, name: string): string =>
  `${DECLARED_PREFIX}/${namespace}/${name}`;

/** True for the schedules of KopiaMaintenances. */
export const isDeclaredMaintenanceId = (id: string): boolean => id.startsWith(`${DECLARED_PREFIX}/`);

export const CarePhase = {
  Preflight: 'Preflight',
  Lock: 'Lock',
  Yield: 'Yield',
  Prepare: 'Prepare',
  Mover: 'Mover',
  Prove: 'Prove',
  Measure: 'Measure',
  Record: 'Record',
  CleanUp: 'CleanUp',
} as const;
export type CarePhase = (typeof CarePhase)[keyof typeof CarePhase];

export interface CareStep {
  readonly run: RunReference;
  /** Stowage's name of the repository. */
  readonly repository: string;
  readonly task: CareTask;
  /** Absent where the KopiaRepository asks for the care. */
  readonly declaredBy?: MaintenanceDeclarer;
}

/** What is declared of the repository when the run begins, and what is recorded of it. */
export interface CarePlan {
  /** Its Jobs run in its namespace. */
  readonly repository: Omit<CaredRepository, 'readAllWithinDays'>;
  /** The KopiaMaintenance that declares this run. */
  readonly declared?: MaintenanceDeclaration;
  readonly repositoryUniqueId: string;
  /** Where Jobs find the repository. */
  readonly place: RepositoryPlace;
  /** The namespace allows movers that run as root. */
  readonly privileged: boolean;
  /** How far the round of deep verifications is; absent where none ever ran. */
  readonly round?: VerificationRound;
}

export interface CareStepPlan extends CareStep {
  readonly plan: CarePlan;
}

/** A Kubernetes Job as plain JSON, as far as the workflow touches it. */
export interface PlainJob {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly spec: { readonly template: { readonly spec: PlainPodSpec } };
}

export interface PlainPodSpec {
  readonly containers: readonly PlainContainer[];
  readonly volumes?: readonly { readonly name: string }[];
}

export interface PlainContainer {
  readonly name: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** How a run of care ended, for the status of its repository. */
export interface CareRecord {
  readonly outcome: 'Succeeded' | 'Failed' | 'Canceled' | 'Skipped';
  /** One sentence; a failure without its type. */
  readonly message: string;
  readonly finishedAt: string;
  readonly durationSeconds: number;
  readonly failure?: { readonly type: string; readonly message: string };
  /** What the repository held then. */
  readonly content?: RepositoryContent;
  /** What a verification found. */
  readonly verified?: { readonly report: VerifyReport; readonly round?: VerificationRound };
}

export interface CareControlActivities {
  /** Touches nothing. Throws InvalidSpec (no KopiaRepository or KopiaMaintenance, or a field of it), SecretMissing, SecretInvalid, RepositoryNotFound, RepositoryUnreachable. */
  planCare(step: CareStep): Promise<CarePlan>;
  /** How many restores read this repository just now. */
  countRestores(input: { readonly repository: string }): Promise<number>;
  /** The maintenance Job as VolSync's would be: without the repository's volume. */
  buildMaintenanceJob(input: CareStepPlan): Promise<PlainJob>;
  /** The run's part of the status of the object that asks for it, and an event on it. An object that is gone is not an error. */
  recordCare(input: CareStep & { readonly record: CareRecord }): Promise<void>;
  /** Removes Jobs of care of this run, and of runs that have closed, and waits until their pods are gone. Throws CleanupFailed, VolumeBusy. */
  cleanUpCare(step: CareStep): Promise<CleanUpResult>;
}

interface KnownRepository {
  readonly repository: string;
  /** The unique id that `init` recorded, hexadecimal. */
  readonly expectedUniqueId: string;
}

/** What Kopia had noted of maintenance when a run of it began. */
export interface MaintenanceState {
  /** RFC 3339, of the newest task; absent where none was ever done. */
  readonly lastTaskStart?: string;
  /** Who maintained until now, where that was somebody else. */
  readonly previousOwner?: string;
}

export interface ProveMaintenanceInput extends KnownRepository {
  readonly mode: MaintenanceMode;
  readonly lastTaskStart?: string;
}

/** What the worker beside the repository does for its care. */
export interface RepositoryCareActivities {
  /** Makes Stowage the owner of maintenance. */
  prepareMaintenance(input: KnownRepository): Promise<MaintenanceState>;
  /** Proves from another process that maintenance ran. Throws MoverFailed when it did not, or when a task of it failed. */
  proveMaintenance(input: ProveMaintenanceInput): Promise<{ readonly tasks: number }>;
  /** Counts what the repository holds, by Kopia itself, so that an object store is counted like a volume. */
  measureContent(input: KnownRepository): Promise<RepositoryContent>;
}

export interface CareMoverActivities {
  /** Follows the Job to its end. */
  runMaintenance(input: CareStep & { readonly job: PlainJob }): Promise<MaintenanceMoverResult>;
  /** Verifies in a Job that only reads. Throws RepositoryNotFound, WrongPassword, …; damage is a result. */
  runVerification(input: VerificationMoverInput): Promise<VerifyReport>;
}

export interface VerificationMoverInput extends CareStepPlan {
  readonly mode: 'Quick' | 'Deep';
  /** Deep: part `index` (from 0) of `of`. */
  readonly part: { readonly index: number; readonly of: number };
}

export interface MaintenanceMoverResult {
  readonly startMilliseconds: number;
  readonly runMilliseconds: number;
}

export interface VerificationResult {
  readonly outcome: 'Succeeded' | 'Skipped';
  /** One sentence for a person. */
  readonly message: string;
  readonly repository: string;
  readonly content?: RepositoryContent;
  readonly verified?: CareRecord['verified'];
  readonly phases: readonly PhaseTiming[];
}

export interface MaintenanceResult {
  readonly outcome: 'Succeeded' | 'Skipped';
  /** One sentence for a person. */
  readonly message: string;
  readonly repository: string;
  readonly content?: RepositoryContent;
  readonly phases: readonly PhaseTiming[];
}
