import { Annotation } from './metadata.ts';

/** `volsync.backube/v1alpha1`, the group and version of the objects that people have in git. */
export const DECLARED_API_VERSION = 'volsync.backube/v1alpha1';

/** `stowage.dev/v1alpha1`, the group and version of Stowage's own object. */
export const REPOSITORY_API_VERSION = 'stowage.dev/v1alpha1';
export const REPOSITORY_KIND = 'KopiaRepository';

export const DeclaredKind = {
  source: 'ReplicationSource',
  destination: 'ReplicationDestination',
} as const;
export type DeclaredKind = (typeof DeclaredKind)[keyof typeof DeclaredKind];

/** Declares the maintenance of the repository that a Secret names; no volume is backed up or restored by it. */
export const MAINTENANCE_KIND = 'KopiaMaintenance';

/** One entry of `status.conditions`, as metav1.Condition. */
export interface DeclaredCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, whole seconds. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** Types of conditions. No volume has one called `Ready`, by which Flux would wait for a backup. */
export const ConditionType = {
  /** VolSync's, of sources and destinations. */
  synchronizing: 'Synchronizing',
  /** A source: its last good backup is proven, or why there is none. */
  protected: 'Protected',
  /** A destination: its claim is there, and how it came to be. */
  restored: 'Restored',
  /** False names every declared field that has no effect. */
  fieldsHonoured: 'FieldsHonoured',
  /** True: retention is held until a person approves. */
  suspicious: 'Suspicious',
  /** A source: False while a verification knows of damage that its snapshots need. */
  restorable: 'Restorable',
  /** A KopiaRepository: its declaration is understood. */
  accepted: 'Accepted',
  /** A KopiaRepository: what the last runs of its care found. */
  healthy: 'Healthy',
  /** VolSync's of a KopiaMaintenance: maintenance is planned as declared. */
  ready: 'Ready',
  /** VolSync's of a KopiaMaintenance: False after several failures in a row. */
  maintenanceHealthy: 'MaintenanceHealthy',
} as const;
export type ConditionType = (typeof ConditionType)[keyof typeof ConditionType];

/** `status.latestMoverStatus`. */
export interface MoverStatus {
  readonly result: 'Successful' | 'Failed';
  /** What the run says of itself, at most 1024 characters; a failure begins with its type and a colon. */
  readonly logs?: string;
}

/** What a run writes, under the field manager {@link FieldManager.run}; every field of it in each write. */
export interface RunStatus {
  /** RFC 3339; there only while a run is under way. */
  readonly lastSyncStartTime?: string;
  /** RFC 3339: the end of the last good run. */
  readonly lastSyncTime?: string;
  /** Go's notation, `1m9.1s`. */
  readonly lastSyncDuration?: string;
  readonly lastManualSync?: string;
  readonly latestMoverStatus?: MoverStatus;
  /** A destination's image. */
  readonly latestImage?: { readonly apiGroup: string; readonly kind: string; readonly name: string };
}

/** What the watch writes, under {@link FieldManager.watch}; every field of it in each write. */
export interface WatchStatus {
  readonly nextSyncTime?: string;
  readonly conditions: readonly DeclaredCondition[];
}

export type DeclaredStatus = RunStatus & Partial<WatchStatus>;

/** Server-side apply tells the two writers of a status apart. */
export const FieldManager = { run: 'stowage-run', watch: 'stowage' } as const;
export type FieldManager = (typeof FieldManager)[keyof typeof FieldManager];

/** The parts of an object that decide who acts on it. */
interface Controlled {
  readonly metadata?: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string }[];
  };
  readonly status?: DeclaredStatus;
}

/** Values of the annotation `stowage.dev/control`, written by `stowage adopt` and `stowage release`. */
export const Control = { adopted: 'adopted', released: 'released' } as const;

/** Who acts on a declared object. */
export type ControlState =
  /** Stowage does. */
  | 'Managed'
  /** VolSync's status stands on it and nobody told Stowage to take over: it is not touched. */
  | 'AwaitingAdoption'
  /** Handed back by `stowage release`: it is not touched. */
  | 'Released';

/**
 * Pure: the annotation decides. Without one, a status that only VolSync can have written waits for `stowage adopt`, and so
 * does a new object while VolSync's operator works in the cluster (`volsyncActs`): it will act on it.
 */
export function controlOf({ metadata, status }: Controlled, volsyncActs = false): ControlState {
  const control = metadata?.annotations?.[Annotation.control];
  if (control === Control.released) return 'Released';
  if (control === Control.adopted) return 'Managed';
  const conditions = status?.conditions ?? [];
  const writers: readonly (string | undefined)[] = Object.values(FieldManager);
  const own =
    conditions.some(({ type }) => type === ConditionType.protected || type === ConditionType.restored) ||
    metadata?.managedFields?.some(({ manager }) => writers.includes(manager)) === true;
  const ran = conditions.length > 0 || status?.lastSyncTime !== undefined || status?.lastSyncStartTime !== undefined;
  return (ran || volsyncActs) && !own ? 'AwaitingAdoption' : 'Managed';
}
