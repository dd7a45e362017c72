import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureType } from '../../workflows/failures.ts';
import type { RepositoryIdentity } from '../../workflows/repository/contract.ts';
import { FORMAT_FILE, listRepositoryFolder } from '../kopia/format-file.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';

/** What a Kopia that was killed while creating leaves before the format file is there. Nothing of it holds data. */
const CREATION_LEFTOVER =
  /^(\.shards|kopia\.blobcfg\.f|kopia\.(repository|blobcfg)\.f\.tmp\.[0-9a-f]+|\.shards\.tmp\.[0-9a-f]+)$/;

/** How many foreign names a refusal shows. */
const NAMED = 5;

/**
 * Creates a repository in an empty folder. An attempt that follows a crash of its own run (`resumed`) takes the
 * repository that it finds as the one that it made, and clears away a half-made one. Throws RepositoryExists for
 * everything else that is there.
 */
export async function createOnEmptyVolume(
  client: RepositoryClient,
  path: string,
  resumed: boolean,
  signal?: AbortSignal,
): Promise<RepositoryIdentity> {
  const names = await listRepositoryFolder(path);
  if (names.includes(FORMAT_FILE)) {
    if (resumed) return { uniqueId: await client.open(signal) };
    const { uniqueId } = await client.format();
    throw new PortError(FailureType.RepositoryExists, `a repository (unique id ${uniqueId}) is in '${path}' already`);
  }
  const foreign = names.filter((name) => !(resumed && CREATION_LEFTOVER.test(name)));
  if (foreign.length > 0) {
    const shown = foreign
      .slice(0, NAMED)
      .map((name) => JSON.stringify(name))
      .join(', ');
    throw new PortError(
      FailureType.RepositoryExists,
      `'${path}' is not empty: it holds ${foreign.length} entries such as ${shown}; a repository is only made in an empty folder`,
    );
  }
  for (const name of names) await rm(join(path, name), { force: true });
  return { uniqueId: await client.create(signal) };
}
