import { createRepositoryActivities } from '../activities/repository/activities.ts';
import type { RepositoryActivities } from '../workflows/repository/contract.ts';
import type { RoleContext } from './worker-options.ts';

/** Configuration → the activities beside the repository, and what ends the Kopia that they keep open. */
export function createRepositoryDependencies({ config, password }: Pick<RoleContext, 'config' | 'password'>): {
  readonly activities: RepositoryActivities;
  readonly close: () => Promise<void>;
} {
  const { name, path, kopia, cacheDirectory } = config.repository;
  const { close, ...activities } = createRepositoryActivities({
    repository: name,
    path,
    kopiaBinary: kopia,
    password,
    cacheDirectory,
  });
  return { activities, close };
}
