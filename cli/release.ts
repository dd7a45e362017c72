import { ConditionType } from '../api/declared-object.ts';
import type { DeclaredManifest } from './declared-objects.ts';
import type { DeclaredWorld, DestinationEntry, SourceEntry } from './declared-world.ts';

export type ReleaseState =
  /** Stowage acts on it: it would be handed back. */
  | 'Managed'
  /** Handed back already, but something of Stowage's still stands on it. */
  | 'Leftovers'
  | 'Released'
  /** VolSync's already: Stowage never took it over. */
  | 'NotAdopted'
  /** A run of it is under way; VolSync would take its mark for a sync of its own. */
  | 'Busy';

export interface ReleaseRow {
  readonly kind: DeclaredManifest['kind'];
  readonly namespace: string;
  readonly name: string;
  readonly state: ReleaseState;
}

export interface ReleasePlan {
  readonly rows: readonly ReleaseRow[];
  readonly objects: readonly { readonly manifest: DeclaredManifest }[];
}

const OWN: ReadonlySet<string> = new Set(
  Object.values(ConditionType).filter((type) => type !== ConditionType.synchronizing),
);

/** What would be handed back to VolSync (pure). */
export function planRelease({ sources, destinations }: DeclaredWorld): ReleasePlan {
  const judged = [...sources, ...destinations].map((entry) => ({ entry, state: stateOf(entry) }));
  return {
    rows: judged.map(({ entry: { manifest }, state }) => ({
      kind: manifest.kind,
      namespace: manifest.metadata.namespace,
      name: manifest.metadata.name,
      state,
    })),
    objects: judged
      .filter(({ state }) => state === 'Managed' || state === 'Leftovers')
      .map(({ entry: { manifest } }) => ({ manifest })),
  };
}

function stateOf({ manifest, control }: SourceEntry | DestinationEntry): ReleaseState {
  if (control === 'AwaitingAdoption') return 'NotAdopted';
  if (manifest.status?.lastSyncStartTime) return 'Busy';
  if (control === 'Managed') return 'Managed';
  const left = manifest.status?.conditions?.some(({ type }) => OWN.has(type));
  return left ? 'Leftovers' : 'Released';
}
