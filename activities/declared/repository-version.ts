import { repositoryRecordName } from '../../api/names.ts';
import type { WatchDependencies } from './declared-context.ts';

/**
 * The version of a repository's record: `stowage init` makes and changes it, and then a run that failed may go well.
 * Undefined while there is none. Throws PortError of the cluster.
 */
export async function repositoryVersion(
  { cluster, settings, watch }: Pick<WatchDependencies, 'cluster' | 'settings' | 'watch'>,
  repository = watch.repository,
): Promise<string | undefined> {
  const ref = { namespace: settings.stowageNamespace, name: repositoryRecordName(repository) };
  return (await cluster.get('ConfigMap', ref))?.metadata?.resourceVersion;
}
