import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Called once when another process holds the lock and this one has to wait. */
export type WaitNotice = (holder: string) => void;

/**
 * Runs `work` while no other process of this machine does under the same name.
 * The lock is an abstract unix socket: the kernel gives it to one process and takes it back when that process dies in any way,
 * so there is no stale lock file. Waiting is a connection to the holder, which closes when the holder is done.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, onWait?: WaitNotice): Promise<T> {
  const address = `\0stowage-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const release = await acquire(address, onWait);
  try {
    return await work();
  } finally {
    release();
  }
}

async function acquire(address: string, onWait: WaitNotice | undefined): Promise<() => void> {
  let notice = onWait;
  for (;;) {
    const held = await tryListen(address);
    if (held) return held;
    const holder = await waitForHolder(address);
    if (holder.waited) notice?.(holder.pid);
    if (holder.waited) notice = undefined;
    await holder.gone;
  }
}

function tryListen(address: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => waiting.delete(socket));
      socket.write(`${process.pid}\n`);
    });
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () =>
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      }),
    );
  });
}

function waitForHolder(address: string): Promise<{ waited: boolean; pid: string; gone: Promise<void> }> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const gone = new Promise<void>((done) => {
      socket.on('close', () => done());
    });
    socket.once('data', (data) => resolve({ waited: true, pid: data.toString().trim(), gone }));
    // Refused or closed at once: the holder let go between our two calls, so the next attempt decides.
    socket.once('error', () => resolve({ waited: false, pid: '', gone }));
    socket.once('close', () => resolve({ waited: false, pid: '', gone }));
  });
}
