import { createRepositoryActivities } from '../activities/repository/activities.ts';
import type { RepositoryActivities } from '../workflows/repository/contract.ts';
import type { RoleContext } from './worker-options.ts';

/** Configuration → the activities beside the repository, and what ends the Kopia that they keep open. Throws ConfigError. */
export function createRepositoryDependencies({
  config,
  password,
  readStore,
}: Pick<RoleContext, 'config' | 'password' | 'readStore'>): {
  readonly activities: RepositoryActivities;
  readonly close: () => Promise<void>;
} {
  const { name, path, kopia, cacheDirectory } = config.repository;
  const store = readStore();
  const { close, ...activities } = createRepositoryActivities({
    repository: name,
    path,
    ...(store ? { store } : {}),
    kopiaBinary: kopia,
    password,
    cacheDirectory,
  });
  return { activities, close };
}
