import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../errors.ts';
import { isAlive, type ProcessIdentity } from '../host/processes.ts';

/** A process that has to live while one waits for what it does. */
export type Watched = { readonly name: string; readonly identity: ProcessIdentity; readonly log: string };

/**
 * Polls until `check` says yes.
 * @throws PlatformError after `timeoutSeconds`, or at once when a watched process ends, with the last lines of its log.
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean>,
  watched: readonly Watched[] = [],
  timeoutSeconds = 60,
): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (!(await check())) {
    const ended = watched.find((one) => !isAlive(one.identity));
    if (ended)
      throw new PlatformError(
        `${ended.name} ended while waiting for ${what}; its log ${ended.log} ends:\n${await tail(ended.log)}`,
      );
    if (Date.now() > deadline) {
      const logs = watched.map((one) => one.log).join(', ');
      throw new PlatformError(`${what}: not after ${timeoutSeconds} s${logs ? `; see ${logs}` : ''}`);
    }
    await sleep(60);
  }
}

/** The last lines of a file, cut to a readable length. */
export async function tail(file: string, lines = 8): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `  ${line.slice(0, 400)}`)
    .join('\n');
}
