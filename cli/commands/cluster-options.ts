import type { Command } from 'commander';
import { DeclaredKind } from '../../api/declared-object.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { ClusterClient } from '../cluster.ts';
import type { CliContext } from '../context.ts';
import type { DeclaredManifest } from '../declared-objects.ts';
import { type DeclaredWorld, readWorld, type WorldOptions } from '../declared-world.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { VolSyncState } from '../volsync-state.ts';

export interface ClusterFlags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

/** Flags of every command about what the cluster declares. All namespaces is the default. */
export const addClusterOptions = (command: Command): Command =>
  command
    .option('-n, --namespace <namespace>', 'only this namespace')
    .option('-A, --all-namespaces', 'all namespaces (the default)');

export function namespaceOf({ namespace, allNamespaces }: ClusterFlags): string | undefined {
  if (namespace !== undefined && allNamespaces) {
    throw new UsageError('-n and -A exclude each other', 'Write one of them.');
  }
  return namespace;
}

export interface ReadCluster {
  readonly cluster: ClusterClient;
  readonly world: DeclaredWorld;
  readonly volsync: VolSyncState;
}

export interface ReadingOptions extends Omit<WorldOptions, 'volsyncActs'> {
  /** What is asked about; where a person may not look beyond it, it is all that is read. */
  readonly namespace?: string | undefined;
  /** True: who may not see whether VolSync works may not go on. */
  readonly mustKnowVolSync?: boolean;
}

/** Everything that the cluster declares, whichever namespace is asked about: identities and conflicts reach across them. */
export async function readCluster(context: CliContext, options: ReadingOptions): Promise<ReadCluster> {
  const { namespace, mustKnowVolSync = false, ...reading } = options;
  const cluster = await context.cluster();
  const { output } = context;
  const note = (error: CommandError, instead: string): void =>
    output.note(output.colors.yellow(`${error.message}; ${instead}`));
  const list = (kind: DeclaredKind): Promise<DeclaredManifest[]> =>
    unlessForbidden(cluster.declared(kind), namespace !== undefined, (error) => {
      note(error, `only namespace ${namespace} is looked at`);
      return cluster.declared(kind, namespace);
    });
  const [volsync, sources, destinations] = await Promise.all([
    unlessForbidden(cluster.volsync(), !mustKnowVolSync, async (error) => {
      note(error, 'it is taken as not working');
      return { acting: false, seen: [], deployments: [] };
    }),
    list(DeclaredKind.source),
    list(DeclaredKind.destination),
  ]);
  const world = readWorld({ sources, destinations }, { ...reading, volsyncActs: volsync.acting });
  return { cluster, world, volsync };
}

/** A person with rights in one namespace alone still gets an answer, and is told what it lacks. */
async function unlessForbidden<T>(
  asked: Promise<T>,
  bearable: boolean,
  instead: (error: CommandError) => Promise<T>,
): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (bearable && error instanceof CommandError && error.type === FailureType.Forbidden) return await instead(error);
    throw error;
  }
}

/** The part of one namespace (pure). */
export function inNamespace({ sources, destinations }: DeclaredWorld, namespace: string | undefined): DeclaredWorld {
  const isIn = ({ manifest }: { manifest: { metadata: { namespace: string } } }): boolean =>
    namespace === undefined || manifest.metadata.namespace === namespace;
  return { sources: sources.filter(isIn), destinations: destinations.filter(isIn) };
}

/** Throws UsageError for names that no object has: a typing mistake must not end as "nothing to do". */
export function requireNames({ sources, destinations }: DeclaredWorld, names: readonly string[]): void {
  const known = new Set(
    [...sources, ...destinations].flatMap(({ manifest: { metadata } }) => [
      metadata.name,
      `${metadata.namespace}/${metadata.name}`,
    ]),
  );
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new UsageError(`there is no declared object of Kopia's named ${unknown.join(', ')}`, 'Check names and -n.');
  }
}
