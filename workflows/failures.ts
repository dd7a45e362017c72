/** Stable names of everything that can go wrong. They are API: scripts, alerts and exit codes rely on them. */
export const FailureType = {
  InvalidInput: 'InvalidInput',
  InvalidSpec: 'InvalidSpec',
  SecretMissing: 'SecretMissing',
  SecretInvalid: 'SecretInvalid',
  RepositoryNotFound: 'RepositoryNotFound',
  RepositoryExists: 'RepositoryExists',
  RepositoryChanged: 'RepositoryChanged',
  RepositoryLocked: 'RepositoryLocked',
  WrongPassword: 'WrongPassword',
  RepositoryUnreachable: 'RepositoryUnreachable',
  RepositoryFull: 'RepositoryFull',
  RepositoryCorrupt: 'RepositoryCorrupt',
  SnapshotNotFound: 'SnapshotNotFound',
  SnapshotIncomplete: 'SnapshotIncomplete',
  SourceMissing: 'SourceMissing',
  VolumeBusy: 'VolumeBusy',
  VolumeSnapshotFailed: 'VolumeSnapshotFailed',
  ProvisioningFailed: 'ProvisioningFailed',
  Unschedulable: 'Unschedulable',
  ImageUnavailable: 'ImageUnavailable',
  OutOfMemory: 'OutOfMemory',
  Evicted: 'Evicted',
  MoverFailed: 'MoverFailed',
  RestoreMismatch: 'RestoreMismatch',
  TargetExists: 'TargetExists',
  Forbidden: 'Forbidden',
  ClusterUnreachable: 'ClusterUnreachable',
  CleanupFailed: 'CleanupFailed',
  Suspicious: 'Suspicious',
  ClockSkew: 'ClockSkew',
  DestinationGone: 'DestinationGone',
  CheckFailed: 'CheckFailed',
} as const;
export type FailureType = (typeof FailureType)[keyof typeof FailureType];

export interface FailureRule {
  /** Can the same step succeed later without a person doing anything? */
  readonly retryable: boolean;
  /** Exit code of `stowage` when a run ends with it; stable, 10 and up (0-3 have their own meaning). */
  readonly exitCode: number;
  /** One sentence: what to do. */
  readonly remedy: string;
}

/** What to do about each failure. The compiler asks for a row when a type is added. */
export const failureRules: Readonly<Record<FailureType, FailureRule>> = {
  InvalidInput: {
    retryable: false,
    exitCode: 10,
    remedy: 'Correct the named field of the input and start the run again.',
  },
  InvalidSpec: { retryable: false, exitCode: 11, remedy: 'Correct the named field of the declared object.' },
  SecretMissing: {
    retryable: true,
    exitCode: 12,
    remedy: 'Create the named Secret in the namespace of the application; the run goes on by itself.',
  },
  SecretInvalid: {
    retryable: false,
    exitCode: 13,
    remedy: 'Add the named key to the Secret, with a value that is not empty.',
  },
  RepositoryNotFound: {
    retryable: false,
    exitCode: 14,
    remedy:
      'Check that the repository volume is the right one and is mounted; only if no repository was ever there, create one with `stowage init`.',
  },
  RepositoryExists: {
    retryable: false,
    exitCode: 15,
    remedy:
      'What is there already was left as it is; use `stowage init --adopt` to make the one repository of a volume the known one.',
  },
  RepositoryChanged: {
    retryable: false,
    exitCode: 16,
    remedy:
      'The repository is not the one that is known: check what is mounted; if the change is meant, run `stowage init --adopt`.',
  },
  RepositoryLocked: {
    retryable: true,
    exitCode: 17,
    remedy: 'Wait for the other user of the repository to end; the run tries again by itself.',
  },
  WrongPassword: {
    retryable: false,
    exitCode: 18,
    remedy: 'Put the password of this repository into KOPIA_PASSWORD of the named Secret.',
  },
  RepositoryUnreachable: {
    retryable: true,
    exitCode: 19,
    remedy: 'Check the storage and the network between the mover and the repository; the run tries again by itself.',
  },
  RepositoryFull: {
    retryable: false,
    exitCode: 20,
    remedy: 'Make room: enlarge the repository volume, or lower retention and run maintenance.',
  },
  RepositoryCorrupt: {
    retryable: false,
    exitCode: 21,
    remedy: 'Stop backups to this repository, run a full verification and restore its damaged files from a replica.',
  },
  SnapshotNotFound: {
    retryable: false,
    exitCode: 22,
    remedy: 'Choose one of the snapshots that `stowage snapshots` lists, or correct the identity.',
  },
  SnapshotIncomplete: {
    retryable: false,
    exitCode: 23,
    remedy:
      'Let the mover read the named files (moverSecurityContext, or privileged movers for the namespace) and run the backup again.',
  },
  SourceMissing: {
    retryable: false,
    exitCode: 24,
    remedy: 'Check the name and the namespace of the claim; a missing claim is brought back by a restore.',
  },
  VolumeBusy: {
    retryable: true,
    exitCode: 25,
    remedy: 'Another run works on this volume; this one goes on when that has ended.',
  },
  VolumeSnapshotFailed: {
    retryable: true,
    exitCode: 26,
    remedy: "Check the VolumeSnapshotClass and the CSI driver; the message is the driver's own.",
  },
  ProvisioningFailed: {
    retryable: true,
    exitCode: 27,
    remedy: "Check the storage class and its free capacity; the message is the provisioner's own.",
  },
  Unschedulable: {
    retryable: true,
    exitCode: 28,
    remedy:
      "Give the cluster room for the mover pod, or change its affinity or resources; the message is the scheduler's own.",
  },
  ImageUnavailable: {
    retryable: true,
    exitCode: 29,
    remedy: 'Make the mover image available to the node, or correct its name in the settings.',
  },
  OutOfMemory: { retryable: false, exitCode: 30, remedy: 'Raise the memory limit of the mover.' },
  Evicted: {
    retryable: true,
    exitCode: 31,
    remedy: 'The node drove the mover out; the run starts it again by itself.',
  },
  MoverFailed: { retryable: false, exitCode: 32, remedy: "Read the last lines of the mover's log in the message." },
  RestoreMismatch: {
    retryable: false,
    exitCode: 33,
    remedy:
      'The restored volume differs from its snapshot and was not handed over; verify the repository before trying again.',
  },
  TargetExists: {
    retryable: false,
    exitCode: 34,
    remedy: 'A claim that exists is never written: delete the claim first if it is to be restored.',
  },
  Forbidden: {
    retryable: false,
    exitCode: 35,
    remedy: 'Grant the named verb and resource to the named service account.',
  },
  ClusterUnreachable: {
    retryable: true,
    exitCode: 36,
    remedy: 'Wait for the Kubernetes API server; the run tries again by itself.',
  },
  CleanupFailed: {
    retryable: true,
    exitCode: 37,
    remedy: 'The named objects are left over; the next run or the sweep removes them.',
  },
  Suspicious: {
    retryable: false,
    exitCode: 38,
    remedy: 'Read what would be lost in the message; start the run again with the approval it names.',
  },
  ClockSkew: {
    retryable: false,
    exitCode: 39,
    remedy:
      'Set the clocks of the nodes and of the storage (NTP); backups go on, and the next maintenance runs by itself once they agree.',
  },
  DestinationGone: { retryable: false, exitCode: 40, remedy: 'Declare the destination again if its claim is wanted.' },
  CheckFailed: { retryable: false, exitCode: 41, remedy: 'Read what the check said, and repair the application.' },
};
