/** Labels and annotations that Stowage writes or reads. */
export const Label = {
  /** VolSync's ownership mark; admission policies and runbooks select by it. */
  createdBy: 'app.kubernetes.io/created-by',
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  /** The selectors that the reference's runbooks use for logs. */
  source: 'volsync.backube/replication-source',
  destination: 'volsync.backube/replication-destination',
  /** On every object that a run makes, so that a sweep finds what no live run owns. */
  run: 'stowage.dev/run',
  /** On the PersistentVolume of a restore, from before its staging claim goes until its final claim is bound: the run. */
  handover: 'stowage.dev/handover',
  /** On the ConfigMap with the drills of a source: the namespace of the application. */
  drillsOf: 'stowage.dev/drills-of',
  /** On the Jobs that care for a repository: its name. */
  repository: 'stowage.dev/repository',
  /** On the same Jobs: the namespace of the Stowage that made them. Another one in the cluster may know a repository of that name. */
  home: 'stowage.dev/home',
  /** A person's word on a VolumeSnapshot that is an image: it is let go of instead of deleted. */
  doNotDelete: 'volsync.backube/do-not-delete',
  /** VolSync's mark on what it is about to delete. */
  cleanup: 'volsync.backube/cleanup',
} as const;

/** Labels that VolSync's operator sets, and people for it; Stowage only reads them. */
export const VolSyncLabel = {
  /** On what goes when its sync has ended; the owner's uid. */
  cleanup: 'volsync.backube/cleanup',
  /** On a VolumeSnapshot that a person wants to keep. */
  doNotDelete: 'volsync.backube/do-not-delete',
} as const;

/** VolSync's labels of the Jobs and pods of a KopiaMaintenance, which Stowage's carry too. */
export const maintenanceLabels = (name: string): Readonly<Record<string, string>> => ({
  'volsync.backube/kopia-maintenance': 'true',
  'volsync.backube/maintenance-name': name,
});

/** The value of {@link Label.createdBy}: VolSync's own, so that existing policies keep matching. */
export const CREATED_BY = 'volsync';

export const MANAGED_BY = 'stowage';

export const Annotation = {
  /** The run (Temporal run id) and the workflow (id) that made an object. */
  runId: 'stowage.dev/run-id',
  workflowId: 'stowage.dev/workflow-id',
  /** The mover's Kopia configuration, projected into the pod by the downward API. Holds no secret. */
  kopiaConfig: 'stowage.dev/kopia-config',
  /** Last proven backup of a claim, JSON of BackupRecord. */
  lastBackup: 'stowage.dev/last-backup',
  /** Last failed run of a claim, JSON: type, message, time, run id. Removed by the next success. */
  lastFailure: 'stowage.dev/last-failure',
  /** With the name of a source: why its retention is held, JSON of Suspicion. Removed when it is not any more. */
  suspiciousPrefix: 'suspicious.stowage.dev/',
  /** Where a restored claim came from. */
  restoredFrom: 'stowage.dev/restored-from-snapshot',
  restoredAt: 'stowage.dev/restored-at',
  restoredBy: 'stowage.dev/restored-by-run',
  restoredSnapshotTime: 'stowage.dev/restored-snapshot-time',
  /** What a PersistentVolume's reclaim policy was before its handover began. */
  reclaimPolicy: 'stowage.dev/reclaim-policy',
  /** Touched to make the volume binder look at a claim again. */
  nudged: 'stowage.dev/nudged-at',
  /** On a declared object: `adopted` or `released`, by `stowage adopt` and `stowage release`. */
  control: 'stowage.dev/control',
  /** VolSync's opt-in for privileged movers, on the namespace. */
  privilegedMovers: 'volsync.backube/privileged-movers',
} as const;

/** Tags on a Kopia snapshot. Kopia stores them as `tag:<name>`. */
export const SnapshotTag = {
  run: 'stowage-run',
  /** A person approved that the source is as small as it is here. */
  approvedShrink: 'stowage-approved-shrink',
  /** What the claim was, so that it can be made again when nothing else is left. */
  capacity: 'stowage-capacity',
  storageClass: 'stowage-storage-class',
  accessModes: 'stowage-access-modes',
} as const;
