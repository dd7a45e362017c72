import type { RepositoryLayout } from '../../api/repository-layout.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { findKnownRepository, findOnlyRepository } from './locate.ts';

/** A repository, and the Kopia that works in its folder. */
export interface OpenedRepository {
  readonly layout: RepositoryLayout;
  readonly path: string;
  readonly uniqueId: string;
  readonly client: RepositoryClient;
}

/** Finds repositories in one volume by looking anew on each call, and keeps one Kopia for each folder. */
export interface RepositoryFinder {
  /** Throws as findKnownRepository. */
  known(uniqueId: string): Promise<OpenedRepository>;
  /** Throws as findOnlyRepository. */
  only(): Promise<OpenedRepository>;
  /** For the root, whether a repository is there or not. */
  readonly root: RepositoryClient;
  close(): Promise<void>;
}

export function createRepositoryFinder(root: string, openClient: (path: string) => RepositoryClient): RepositoryFinder {
  const clients = new Map<string, RepositoryClient>();
  const clientOf = (path: string): RepositoryClient => {
    const client = clients.get(path) ?? openClient(path);
    clients.set(path, client);
    return client;
  };
  const opened = async (finding: ReturnType<typeof findOnlyRepository>): Promise<OpenedRepository> => {
    const { layout, path, format } = await finding;
    return { layout, path, uniqueId: format.uniqueId, client: clientOf(path) };
  };
  return {
    known: (uniqueId) => opened(findKnownRepository(root, uniqueId)),
    only: () => opened(findOnlyRepository(root)),
    root: clientOf(root),
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}
