import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Paths } from '../layout/paths.ts';
import { isBelow } from './mounts.ts';

/** Where every containerd's shims put their sockets, whatever its state folder is: all platforms share it. */
export const SHIM_SOCKETS = '/run/containerd/s';

/** A task (sandbox or container) that containerd knows, with the socket of its shim. */
export type ShimTask = { readonly id: string; readonly socket: string | undefined };

/** Tasks of a platform, from the state folder of its containerd. */
export async function listTasks(paths: Paths): Promise<ShimTask[]> {
  const folder = join(paths.containerdState, 'io.containerd.runtime.v2.task', 'k8s.io');
  return Promise.all(
    (await readdir(folder).catch(() => [])).map(async (id) => {
      const text = await readFile(join(folder, id, 'address'), 'utf8').catch(() => '');
      const socket = text.trim().replace(/^unix:\/\//, '');
      return { id, socket: isBelow(socket, SHIM_SOCKETS) ? socket : undefined };
    }),
  );
}

/**
 * Removes the sockets of this platform's shims that were killed. Call it before containerd starts: it clears the folders of dead tasks,
 * which name the sockets, but not the sockets.
 */
export async function removeDeadSockets(paths: Paths): Promise<void> {
  for (const { socket } of await listTasks(paths))
    if (socket && (await refuses(socket))) await rm(socket, { force: true });
}

/** Sockets behind which no shim lives any more, whoever's they were; those just being made are left alone. */
export async function deadShimSockets(olderThanSeconds = 5): Promise<string[]> {
  const dead: string[] = [];
  for (const entry of await readdir(SHIM_SOCKETS).catch(() => [])) {
    const path = join(SHIM_SOCKETS, entry);
    const made = await stat(path).then(
      (found) => found.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - made > olderThanSeconds * 1000 && (await refuses(path))) dead.push(path);
  }
  return dead;
}

function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
