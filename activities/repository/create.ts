import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FailureType } from '../../workflows/failures.ts';
import type { RepositoryIdentity } from '../../workflows/repository/contract.ts';
import { FORMAT_FILE, listRepositoryFolder } from '../kopia/format-file.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { PortError } from '../ports/port-error.ts';
import { emptyLayout, layOutFolders, removeLayout } from './layout.ts';

/** Holds the id of the run that is creating a repository here; gone when it has. */
const MARKER = '.stowage-creating';

/** What a Kopia that was killed while creating leaves before the format file is there. Nothing of it holds data. */
const CREATION_LEFTOVER =
  /^(\.shards|kopia\.blobcfg\.f|kopia\.(repository|blobcfg)\.f\.tmp\.[0-9a-f]+|\.shards\.tmp\.[0-9a-f]+)$/;

/** How many foreign names a refusal shows. */
const NAMED = 5;

/**
 * Creates a repository in an empty folder. An attempt that follows a crash of its own run takes the repository that it
 * finds as the one that it made; a half-made one of whichever run is cleared away. Throws RepositoryExists for
 * everything else that is there.
 */
export async function createOnEmptyVolume(
  client: RepositoryClient,
  path: string,
  runId: string,
  signal?: AbortSignal,
): Promise<RepositoryIdentity> {
  const marker = join(path, MARKER);
  const names = await listRepositoryFolder(path);
  const begunBy = names.includes(MARKER) ? (await readFile(marker, 'utf8')).trim() : undefined;
  if (names.includes(FORMAT_FILE)) {
    if (begunBy !== runId) {
      const { uniqueId } = await client.format();
      throw new PortError(FailureType.RepositoryExists, `a repository (unique id ${uniqueId}) is in '${path}' already`);
    }
  } else {
    await clearHalfMade(path, names, begunBy !== undefined);
    await writeFile(marker, `${runId}\n`, { mode: 0o660 });
    await layOutFolders(path);
    await client.create(signal);
  }
  const uniqueId = await client.open(signal);
  await rm(marker, { force: true });
  return { uniqueId };
}

/** Throws RepositoryExists when there is anything that a creation would not have left, or that holds something. */
async function clearHalfMade(path: string, names: readonly string[], begun: boolean): Promise<void> {
  const folders = begun ? await emptyLayout(path, names) : [];
  const leftovers = begun ? names.filter((name) => name === MARKER || CREATION_LEFTOVER.test(name)) : [];
  const foreign = names.filter((name) => !folders.includes(name) && !leftovers.includes(name));
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
  await removeLayout(path, folders);
  for (const name of leftovers) await rm(join(path, name), { force: true });
}
