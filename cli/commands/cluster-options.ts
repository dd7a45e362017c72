import type { Command } from 'commander';
import { DeclaredKind } from '../../api/declared-object.ts';
import type { ClusterClient } from '../cluster.ts';
import type { CliContext } from '../context.ts';
import { type DeclaredWorld, readWorld, type WorldOptions } from '../declared-world.ts';
import { UsageError } from '../errors.ts';
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

/** Everything that the cluster declares, whichever namespace is asked about: identities and conflicts reach across them. */
export async function readCluster(
  context: CliContext,
  options: Omit<WorldOptions, 'volsyncActs'> = {},
): Promise<ReadCluster> {
  const cluster = await context.cluster();
  const [volsync, sources, destinations] = await Promise.all([
    cluster.volsync(),
    cluster.declared(DeclaredKind.source),
    cluster.declared(DeclaredKind.destination),
  ]);
  const world = readWorld({ sources, destinations }, { ...options, volsyncActs: volsync.acting });
  return { cluster, world, volsync };
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
