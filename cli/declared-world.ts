import { findConflicts } from '../api/declared-conflicts.ts';
import { type ControlState, controlOf, DeclaredKind } from '../api/declared-object.ts';
import { type DeclaredDestination, readReplicationDestination } from '../api/replication-destination.ts';
import { type DeclaredSource, readReplicationSource } from '../api/replication-source.ts';
import { type DeclaredManifest, labelOf } from './declared-objects.ts';

/** A declared object of Kopia's, as the command line judges it. */
export interface Entry<Declared> {
  readonly manifest: DeclaredManifest;
  /** Absent when it can't be read. */
  readonly declared?: Declared;
  /** Why it can't be read: field and remedy. */
  readonly invalid?: string;
  readonly control: ControlState;
  /** An elder object claims the same. */
  readonly conflict?: string;
}

export type SourceEntry = Entry<DeclaredSource>;
export type DestinationEntry = Entry<DeclaredDestination>;

export interface DeclaredWorld {
  readonly sources: readonly SourceEntry[];
  readonly destinations: readonly DestinationEntry[];
}

export interface WorldOptions {
  /** Stowage's name of the repository that declared objects mean. */
  readonly repository?: string;
  readonly defaultTimeZone?: string;
  readonly volsyncActs: boolean;
  /** Conflicts among all objects, as if Stowage acted on each; else only among those that it does act on. */
  readonly asIfAdopted?: boolean;
}

interface Manifests {
  readonly sources: readonly DeclaredManifest[];
  readonly destinations: readonly DeclaredManifest[];
}

/** Reads what the cluster declares (pure). Other movers' objects, and those that are being deleted, are left out. */
export function readWorld({ sources, destinations }: Manifests, options: WorldOptions): DeclaredWorld {
  const { repository, defaultTimeZone, volsyncActs, asIfAdopted = false } = options;
  const reading = {
    ...(repository === undefined ? {} : { repository }),
    ...(defaultTimeZone === undefined ? {} : { defaultTimeZone }),
  };
  const readSources = present(sources).flatMap((manifest): SourceEntry[] => {
    const read = readReplicationSource(manifest, reading);
    if (read.kind === 'NotOurs') return [];
    return [entry(manifest, read.kind === 'Source' ? read.source : read.problems, volsyncActs)];
  });
  const readDestinations = present(destinations).flatMap((manifest): DestinationEntry[] => {
    const read = readReplicationDestination(manifest, reading);
    if (read.kind === 'NotOurs') return [];
    return [entry(manifest, read.kind === 'Destination' ? read.destination : read.problems, volsyncActs)];
  });
  const acts = ({ control }: Entry<unknown>): boolean => asIfAdopted || control === 'Managed';
  const conflicts = findConflicts(dated(readSources.filter(acts)), dated(readDestinations.filter(acts)));
  const conflictOf = (kind: DeclaredKind, manifest: DeclaredManifest): { conflict?: string } => {
    const { namespace, name } = manifest.metadata;
    const found = conflicts.find((one) => one.kind === kind && one.namespace === namespace && one.name === name);
    return found ? { conflict: sentence(found.problems) } : {};
  };
  return {
    sources: byLabel(readSources.map((one) => ({ ...one, ...conflictOf(DeclaredKind.source, one.manifest) }))),
    destinations: byLabel(
      readDestinations.map((one) => ({ ...one, ...conflictOf(DeclaredKind.destination, one.manifest) })),
    ),
  };
}

type Problems = readonly { readonly field: string; readonly message: string }[];

function entry<Declared extends object>(
  manifest: DeclaredManifest,
  read: Declared | Problems,
  volsyncActs: boolean,
): Entry<Declared> {
  const control = controlOf(manifest, volsyncActs);
  return Array.isArray(read)
    ? { manifest, control, invalid: sentence(read as Problems) }
    : { manifest, control, declared: read as Declared };
}

const dated = <Declared>(entries: readonly Entry<Declared>[]) =>
  entries.flatMap(({ declared, manifest }) =>
    declared ? [{ declared, creationTimestamp: manifest.metadata.creationTimestamp ?? '' }] : [],
  );

const present = (manifests: readonly DeclaredManifest[]): DeclaredManifest[] =>
  manifests.filter(({ metadata }) => metadata.deletionTimestamp === undefined);

const sentence = (problems: Problems): string =>
  problems.map(({ field, message }) => `${field}: ${message}`).join('; ');

const byLabel = <E extends Entry<unknown>>(entries: readonly E[]): E[] =>
  [...entries].sort((a, b) => (labelOf(a.manifest) < labelOf(b.manifest) ? -1 : 1));
