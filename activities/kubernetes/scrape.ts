import { get } from 'node:http';

/** Longest wait for a mover's metrics page, milliseconds; it is a nicety and must never hold a run up. */
const SCRAPE_MILLISECONDS = 2_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Text of a page that a pod serves; undefined when it can't be had, for whatever reason. Never throws. */
export function scrapePage(
  address: string,
  port: number,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(SCRAPE_MILLISECONDS)]);
  return new Promise((resolve) => {
    const nothing = (): void => resolve(undefined);
    const request = get({ host: address, port, path, signal: deadline, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_PAGE_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : undefined),
      );
      response.on('error', nothing);
      response.on('close', nothing);
    });
    request.on('error', nothing);
  });
}
