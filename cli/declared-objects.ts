import type { Control, DeclaredKind, DeclaredStatus } from '../api/declared-object.ts';
import type { VolSyncState } from './volsync-state.ts';

/** A ReplicationSource or ReplicationDestination as it stands in the cluster. */
export interface DeclaredManifest {
  readonly apiVersion: string;
  readonly kind: DeclaredKind;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly generation?: number;
    /** RFC 3339. */
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string }[];
  };
  readonly spec?: unknown;
  readonly status?: DeclaredStatus;
}

/** Names of a Secret's keys, never their values. */
export type SecretKeys = readonly string[] | 'Missing' | 'Forbidden';

/** What `stowage adopt`, `release`, `coverage` and `plan` ask of the cluster. Every method throws CommandError. */
export interface DeclaredCluster {
  /** Sources or destinations of one namespace, or of all; of other movers, too. */
  declared(kind: DeclaredKind, namespace?: string): Promise<DeclaredManifest[]>;
  secretKeys(namespace: string, name: string): Promise<SecretKeys>;
  /** Whether VolSync's operator works in this cluster. */
  volsync(): Promise<VolSyncState>;
  /** Says on the object who acts on it. False when it is not there any more. */
  setControl(object: DeclaredManifest, control: (typeof Control)[keyof typeof Control]): Promise<boolean>;
  /** Takes Stowage's conditions and its marks of ownership off the object. False when it is not there any more. */
  withdraw(object: DeclaredManifest): Promise<boolean>;
}

/** `namespace/name`. */
export const labelOf = ({ metadata }: Pick<DeclaredManifest, 'metadata'>): string =>
  `${metadata.namespace}/${metadata.name}`;
