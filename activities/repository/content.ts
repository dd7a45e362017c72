import type { RepositoryContent } from '../../api/repository-status.ts';
import { wholeSeconds } from '../../api/run-status.ts';
import type { RepositoryClient } from '../kopia/repository-client.ts';
import { countedSnapshots } from './snapshot-choice.ts';

/** Blobs of the index: many of them mean that maintenance does not run (faults.md A9). */
const INDEX_PREFIX = 'x';

/** What a repository holds: three processes, whatever its size. Throws PortError. */
export async function measureContent(
  client: RepositoryClient,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<RepositoryContent> {
  const [listed, all, index] = await Promise.all([
    client.everySnapshot(signal),
    client.blobStats('', signal),
    client.blobStats(INDEX_PREFIX, signal),
  ]);
  const identities = [...new Set(listed.map(({ identity }) => identity))];
  const newest = identities.map((name) => {
    const own = listed.filter(({ identity }) => identity === name).map(({ summary }) => summary);
    return countedSnapshots(own, now)[0]?.bytes ?? 0;
  });
  const logicalBytes = newest.reduce((sum, bytes) => sum + bytes, 0);
  return {
    identities: identities.length,
    snapshots: listed.length,
    logicalBytes,
    storedBytes: all.bytes,
    stored: describe(logicalBytes, all.bytes),
    blobs: all.count,
    indexBlobs: index.count,
    observedTime: wholeSeconds(now),
  };
}

/** `1.2 GB for 3.4 GB of newest data`. */
const describe = (logical: number, stored: number): string =>
  `${inUnits(stored)} for ${inUnits(logical)} of newest data`;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

function inUnits(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}
