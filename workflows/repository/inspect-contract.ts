import type { Identity } from '../../api/identity.ts';
import type { Retention } from '../../api/retention.ts';

/** What a repository holds, and what declared retention would remove there; a read-only run beside the repository. */
export const INSPECT_REPOSITORY = 'inspectRepository';

/** A source whose retention is tried out. */
export interface InspectedSource {
  readonly identity: Identity;
  readonly retain: Retention;
  readonly compression: string;
}

export interface InspectContentInput {
  readonly repository: string;
  readonly expectedUniqueId: string;
  readonly sources: readonly InspectedSource[];
}

/** How many snapshots, and when the first and the last were started (RFC 3339; absent when there are none). */
export interface SnapshotSpan {
  readonly count: number;
  readonly oldest?: string;
  readonly newest?: string;
}

export interface IdentitySummary extends SnapshotSpan {
  readonly identity: string;
  /** Size of what the newest snapshot holds. */
  readonly bytes: number;
}

export interface SourceInspection extends IdentitySummary {
  /** What the declared tiers would remove and those in effect keep; the ids are the first few, newest first. */
  readonly removed: SnapshotSpan & { readonly ids: readonly string[] };
  /** Tiers and compressor in effect now, by the policies stored. */
  readonly policy: { readonly retain: Partial<Retention>; readonly compression: string };
  /** Whether the next backup sets another policy than the one in effect. */
  readonly policyDiffers: boolean;
  /** With no snapshots: identities that look like this one. */
  readonly similar: readonly string[];
}

/** Whether users of the repository's group can work in it (decision 0007): VolSync's movers kept it to themselves. */
export interface RepositoryAccess {
  /** Folders and files that were looked at; bounded. */
  readonly looked: number;
  /** Folders that the group can't write into. */
  readonly closedFolders: number;
  /** Files that the group can't read. */
  readonly closedFiles: number;
  /** Users who own what is closed; the first few. */
  readonly owners: readonly number[];
  readonly examples: readonly string[];
}

export interface InspectContentResult {
  /** How many there are, and the first so many of them by name. */
  readonly identities: { readonly count: number; readonly listed: readonly IdentitySummary[] };
  /** In the order asked for. */
  readonly sources: readonly SourceInspection[];
  readonly access: RepositoryAccess;
}

export interface InspectRepositoryResult extends InspectContentResult {
  readonly repository: string;
  readonly uniqueId: string;
  /** Where in its volume it lies, relative to the root; absent at the root. */
  readonly path?: string;
}
