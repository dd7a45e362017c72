import { createServer } from 'node:net';

/** Those of the ports on which nothing listens, tried by listening for a moment. */
export async function freePorts(address: string, ports: readonly number[]): Promise<number[]> {
  const free = await Promise.all(ports.map((port) => isFree(address, port)));
  return ports.filter((_, index) => free[index]);
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
