import type { Identity } from '../../api/identity.ts';
import { SnapshotTag } from '../../api/metadata.ts';
import { judgeShrink } from '../../api/suspicion.ts';
import type { OpenRepositoryResult } from '../../workflows/repository/contract.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import type { SourceState, UntaggedSnapshot } from '../kopia/warm-reader.ts';
import { Keeping, keepingOf, newestShrink } from './retention-hold.ts';

/**
 * Whether retention of a source is held, by what the repository itself says: its stored policy, or a newest snapshot that
 * shrank without anybody having approved it (its run ended before it could hold, or something else made it).
 * `counted` are the snapshots that count, newest first.
 */
export async function findHold(
  client: Pick<RepositoryClient, 'listSnapshots'>,
  identity: Identity,
  { policy }: SourceState,
  counted: readonly UntaggedSnapshot[],
  signal: AbortSignal | undefined,
): Promise<OpenRepositoryResult['held']> {
  if (keepingOf(policy) === Keeping.held) {
    const shrink = newestShrink(counted);
    return shrink ? { shrink } : {};
  }
  const [newest, before] = counted;
  if (!newest || !before || !judgeShrink(before, newest)) return undefined;
  // Tags are not in the fast answer; a process is asked only in this rare case.
  const listed = await client.listSnapshots(identity, signal);
  const tags = listed.find(({ summary }) => summary.id === newest.id)?.summary.tags;
  if (tags?.[SnapshotTag.approvedShrink] !== undefined) return undefined;
  const shrink = newestShrink([newest, before]);
  return shrink ? { shrink } : {};
}
