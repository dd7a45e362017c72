import { FailureType } from '../../workflows/failures.ts';
import type { RepositoryIdentity } from '../../workflows/repository/contract.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';

/**
 * Creates a repository in an object store; Kopia itself refuses where anything lies under the prefix. Throws
 * RepositoryExists, also to an attempt after a crash that had created it: nothing in the store tells whose it is.
 */
export async function createInStore(
  client: RepositoryClient,
  location: string,
  signal?: AbortSignal,
): Promise<RepositoryIdentity> {
  const found = await client.format(signal).catch(absent);
  if (found) {
    throw new PortError(
      FailureType.RepositoryExists,
      `a repository (unique id ${found.uniqueId}) is in '${location}' already; \`stowage init --adopt\` makes it the known one`,
    );
  }
  return { uniqueId: await client.create(signal), location };
}

function absent(error: unknown): undefined {
  if (error instanceof PortError && error.type === FailureType.RepositoryNotFound) return undefined;
  throw error;
}
