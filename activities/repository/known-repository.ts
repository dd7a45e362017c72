import type { RepositoryLayout } from '../../api/repository-layout.ts';
import { FailureType } from '../../workflows/failures.ts';
import {
  type ClientStorage,
  folderClientStorage,
  type StoreAccess,
  storeClientStorage,
} from '../kopia/client-storage.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';
import { findKnownRepository, findOnlyRepository } from './locate.ts';

/** A repository, and the Kopia that works there. */
export interface OpenedRepository {
  readonly layout: RepositoryLayout;
  /** Its folder; absent in an object store. */
  readonly path?: string;
  readonly uniqueId: string;
  readonly client: RepositoryClient;
}

/** Finds repositories in one volume or object store by looking anew on each call, and keeps one Kopia for each place. */
export interface RepositoryFinder {
  /** Throws as findKnownRepository. */
  known(uniqueId: string): Promise<OpenedRepository>;
  /** Throws as findOnlyRepository. */
  only(): Promise<OpenedRepository>;
  /** For the root, whether a repository is there or not. */
  readonly root: RepositoryClient;
  close(): Promise<void>;
}

/** For a volume that this process sees at `path`, or for an object store. */
export const createFinder = (
  { path, store }: { readonly path: string; readonly store?: StoreAccess | undefined },
  open: (storage: ClientStorage) => RepositoryClient,
): RepositoryFinder =>
  store
    ? createStoreFinder(store.place.location, open(storeClientStorage(store)))
    : createVolumeFinder(path, (folder) => open(folderClientStorage(folder)));

function createVolumeFinder(root: string, openClient: (path: string) => RepositoryClient): RepositoryFinder {
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

/** An object store holds one repository where its Secret says; there is nowhere else to look. */
function createStoreFinder(location: string, client: RepositoryClient): RepositoryFinder {
  const only = async (): Promise<OpenedRepository> => ({
    layout: '',
    uniqueId: (await client.format()).uniqueId,
    client,
  });
  return {
    only,
    async known(uniqueId) {
      const found = await only();
      if (found.uniqueId === uniqueId.toLowerCase()) return found;
      throw new PortError(
        FailureType.RepositoryChanged,
        `the repository in '${location}' has the unique id ${found.uniqueId}, but ${uniqueId} is the known one`,
      );
    },
    root: client,
    close: () => client.close(),
  };
}
