import type { Identity } from '../../api/identity.ts';
import type { SnapshotChoice } from '../../api/restore-request.ts';
import type { Retention } from '../../api/retention.ts';
import type { Shrink } from '../../api/suspicion.ts';
import type { InspectContentInput, InspectContentResult } from './inspect-contract.ts';

/** The workflow that creates or adopts a repository; nothing else ever does. */
export const INIT_REPOSITORY = 'initRepository';
export const initWorkflowId = (repository: string): string => `init/${repository}`;

/** Lists an identity's snapshots for `stowage snapshots`; a read-only run beside the repository. */
export const LIST_SNAPSHOTS = 'listSnapshots';

/** A Kopia snapshot as its manifest says. Times are RFC 3339. */
export interface SnapshotSummary {
  readonly id: string;
  readonly rootObject: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly bytes: number;
  /** Entries that could not be read. */
  readonly failedEntries: number;
  /** Kopia's own word when the snapshot is not whole (`canceled`, `checkpoint`, …). */
  readonly incomplete?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly retentionReasons: readonly string[];
  readonly pins: readonly string[];
}

export interface OpenRepositoryInput {
  readonly repository: string;
  /** The unique id that `init` recorded, hexadecimal. */
  readonly expectedUniqueId: string;
  readonly identity: Identity;
  readonly retain: Retention;
  readonly compression: string;
  readonly parallelism: number;
  /** A person agreed that a tighter retention removes existing snapshots. */
  readonly approveRetention: boolean;
  /** A person agreed that the source is meant to be as small as it is: a hold ends. */
  readonly approveShrink: boolean;
}

/** Which source's retention is to be held; the tiers that return when it is released. */
export type HoldRetentionInput = Omit<OpenRepositoryInput, 'parallelism' | 'approveRetention' | 'approveShrink'>;

export interface OpenRepositoryResult {
  /** Newest whole, error-free snapshot of the identity; tags aren't looked up on this fast way. */
  readonly previous?: Omit<SnapshotSummary, 'tags'>;
  readonly snapshotIds: readonly string[];
  readonly policyChanged: boolean;
  /** Retention is held: the source shrank suddenly and nobody has approved it yet. */
  readonly held?: { readonly shrink?: Shrink };
}

export interface ReadBackInput {
  readonly repository: string;
  readonly expectedUniqueId: string;
  readonly identity: Identity;
  readonly runId: string;
  readonly snapshotId: string;
}

export interface ReadBackResult {
  readonly snapshot: SnapshotSummary;
  /** All of the identity's snapshots after retention. */
  readonly snapshotIds: readonly string[];
}

export interface SelectSnapshotInput {
  readonly repository: string;
  readonly expectedUniqueId: string;
  readonly identity: Identity;
  readonly choice: SnapshotChoice;
  /** Given for a first deployment: identities of declared sources, beside which it may stand. */
  readonly neighbours?: readonly string[];
}

/** `found: undefined` means: the repository is readable, is the known one, and holds nothing at all under this identity. */
export interface SelectSnapshotResult {
  readonly found?: SnapshotSummary;
  /** Skipped because they are incomplete, hold unreadable files, or are dated in the future. */
  readonly skipped: number;
  /** When nothing was found: some identities that the repository does hold, for a person who mistyped one. */
  readonly otherIdentities?: readonly string[];
  /** With `neighbours`: identities of this host that look like former names of this one, and are nobody's now. */
  readonly formerIdentities?: readonly string[];
}

export interface ListSnapshotsInput {
  readonly repository: string;
  readonly expectedUniqueId?: string;
  readonly identity: Identity;
}

export interface ListSnapshotsResult {
  readonly identity: string;
  readonly snapshots: readonly SnapshotSummary[];
}

export interface CreateRepositoryInput {
  readonly repository: string;
  /** The run that asks; an attempt after a crash recognises the repository that its own run made. */
  readonly runId: string;
}

export interface RepositoryIdentity {
  /** Hexadecimal, as `kopia repository status --json` names it. */
  readonly uniqueId: string;
  /** Where in its volume it lies, relative to the root; absent at the root. */
  readonly path?: string;
  /** The object store that it lies in (`s3://bucket/prefix/`); absent on a volume. */
  readonly location?: string;
}

/** What stands beside the repository: one worker per repository, on the queue `repository/<name>`. No cluster access. */
export interface RepositoryActivities {
  /** Is it there, is it the known one? Sets the source's policy before a snapshot. Throws RepositoryNotFound, RepositoryChanged, WrongPassword, Suspicious. */
  openRepository(input: OpenRepositoryInput): Promise<OpenRepositoryResult>;
  /** Keeps every snapshot of a source from now on, until an `openRepository` with `approveShrink`. Idempotent. */
  holdRetention(input: HoldRetentionInput): Promise<void>;
  /** Proves a backup from a process that did not write it. Throws SnapshotNotFound, SnapshotIncomplete, RepositoryChanged. */
  readBackSnapshot(input: ReadBackInput): Promise<ReadBackResult>;
  /** Pins the snapshot that a restore will use. Throws SnapshotNotFound when the choice matches none of those that exist. */
  selectSnapshot(input: SelectSnapshotInput): Promise<SelectSnapshotResult>;
  listRepositorySnapshots(input: ListSnapshotsInput): Promise<ListSnapshotsResult>;
  /** Creates the repository on an empty volume or under an empty prefix. Throws RepositoryExists. */
  createRepository(input: CreateRepositoryInput): Promise<RepositoryIdentity>;
  /** Finds the one repository in the volume by looking, and reads its unique id. Throws RepositoryNotFound, RepositoryExists (several). */
  identifyRepository(input: { readonly repository: string }): Promise<RepositoryIdentity>;
  /** What it holds, and a dry run of declared retention; changes nothing, and its answer is bounded. */
  inspectContent(input: InspectContentInput): Promise<InspectContentResult>;
}

/** What the cluster remembers of a repository (a ConfigMap in Stowage's namespace). */
export interface RepositoryRecord {
  readonly uniqueId?: string;
  /** Where in its volume it lies, relative to the root; absent at the root. */
  readonly path?: string;
  /** The object store that it lies in; absent on a volume. */
  readonly location?: string;
  /** The run that is creating it, written before the creation starts. */
  readonly creatingRun?: string;
}

/** The control side of `initRepository`. */
export interface RepositoryRecordActivities {
  readRepositoryRecord(input: { readonly repository: string }): Promise<RepositoryRecord>;
  /** Writes the intent; never overwrites a unique id. */
  recordRepositoryIntent(input: { readonly repository: string; readonly runId: string }): Promise<void>;
  /** Writes the known unique id. `replace` only for an adoption that a person asked for. */
  recordRepositoryIdentity(input: {
    readonly repository: string;
    readonly uniqueId: string;
    readonly path?: string;
    readonly location?: string;
    readonly runId: string;
    readonly replace: boolean;
  }): Promise<void>;
}

export interface InitRepositoryResult {
  readonly outcome: 'Created' | 'Adopted' | 'AlreadyKnown';
  readonly repository: string;
  readonly uniqueId: string;
  /** Where in its volume it lies, relative to the root; absent at the root. */
  readonly path?: string;
  /** The object store that it lies in; absent on a volume. */
  readonly location?: string;
}
