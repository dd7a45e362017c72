import { open } from 'node:fs/promises';
import type { SnapshotEntry, SnapshotTree } from './snapshot-tree.ts';

/** `Unreadable`: this user may not open the restored file, so nothing can be said of its content. */
export type ContentVerdict = 'Same' | 'Different' | 'Unreadable';

/** Compares a restored file with the repository's content, chunk by chunk, up to the first difference. Throws PortError for the repository's side. */
export async function compareContent(tree: SnapshotTree, entry: SnapshotEntry, path: string): Promise<ContentVerdict> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') return undefined;
    throw error;
  });
  if (!file) return 'Unreadable';
  try {
    const expected = await tree.content(entry.objectId);
    let buffer = Buffer.alloc(0);
    for await (const chunk of expected as AsyncIterable<Buffer>) {
      if (buffer.length < chunk.length) buffer = Buffer.allocUnsafe(chunk.length);
      let filled = 0;
      while (filled < chunk.length) {
        const { bytesRead } = await file.read(buffer, filled, chunk.length - filled, null);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      // Leaving the loop ends the response.
      if (filled < chunk.length || buffer.compare(chunk, 0, chunk.length, 0, chunk.length) !== 0) return 'Different';
    }
    const { bytesRead } = await file.read(Buffer.allocUnsafe(1), 0, 1, null);
    return bytesRead === 0 ? 'Same' : 'Different';
  } finally {
    await file.close();
  }
}

/** The target that a snapshot recorded for a symbolic link. */
export async function linkTarget(tree: SnapshotTree, entry: SnapshotEntry): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await tree.content(entry.objectId)) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
