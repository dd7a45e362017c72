import type { WatchDependencies } from './declared-context.ts';
import { LiveSet } from './live-set.ts';

/** Everything that is watched. */
export interface LiveSets {
  readonly sources: LiveSet<'ReplicationSource'>;
  readonly destinations: LiveSet<'ReplicationDestination'>;
  readonly claims: LiveSet<'PersistentVolumeClaim'>;
  /** Beside the others, as the next one: without their CRDs everything else goes on. */
  readonly maintenances: LiveSet<'KopiaMaintenance'>;
  readonly repositories: LiveSet<'KopiaRepository'>;
}

/** `onChange`: see LiveSetOptions; `redeclared` only where it concerns a source. None of them is followed yet. */
export function openLiveSets(
  { cluster, clock, log, watch, settings }: WatchDependencies,
  onChange: (redeclared: boolean) => void,
): LiveSets {
  const wanted = ({ metadata }: { metadata?: { namespace?: string } }): boolean =>
    watch.isWatched(metadata?.namespace ?? '');
  const base = { cluster, clock, log, wanted, onChange: (): void => onChange(false) };
  return {
    sources: new LiveSet({ kind: 'ReplicationSource', ...base, onChange }),
    destinations: new LiveSet({ kind: 'ReplicationDestination', ...base }),
    claims: new LiveSet({ kind: 'PersistentVolumeClaim', ...base }),
    maintenances: new LiveSet({ kind: 'KopiaMaintenance', ...base }),
    repositories: new LiveSet({
      kind: 'KopiaRepository',
      ...base,
      namespace: settings.stowageNamespace,
      wanted: () => true,
    }),
  };
}
