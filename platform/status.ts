import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ComponentName, componentNames } from './boot/components.ts';
import { componentProcess, listenersOf, logOf } from './boot/supervise.ts';
import { networkOf } from './layout/network.ts';
import { pathsOf, platformsRoot } from './layout/paths.ts';
import { registeredPlatforms, slotOf } from './layout/slots.ts';

/** One component: its process number when it runs, where it listens, where its log is. */
export type ComponentStatus = {
  readonly name: ComponentName;
  readonly pid: number | undefined;
  readonly memoryMegabytes: number | undefined;
  readonly listens: readonly string[];
  readonly log: string;
};

/** A platform as it is now. `up`: everything runs; `partly`: something died; `kept`: only data; `absent`: nothing. */
export type PlatformStatus = {
  readonly name: string;
  readonly directory: string;
  readonly state: 'up' | 'partly' | 'kept' | 'absent';
  readonly components: readonly ComponentStatus[];
};

/** Reads which components of a platform run. Changes nothing and needs no tools. */
export async function readStatus(name: string): Promise<PlatformStatus> {
  const paths = pathsOf(name, platformsRoot());
  const slot = await slotOf(paths.directory);
  if (slot === undefined) return { name, directory: paths.directory, state: 'absent', components: [] };
  const network = networkOf(slot);
  const components = await Promise.all(
    componentNames.map(async (component): Promise<ComponentStatus> => {
      const pid = (await componentProcess(paths, component))?.pid;
      return {
        name: component,
        pid,
        memoryMegabytes: pid === undefined ? undefined : await residentMegabytes(pid),
        listens: listenersOf(component, network).map(({ address, port }) => `${address}:${port}`),
        log: logOf(paths, component),
      };
    }),
  );
  const running = components.filter(({ pid }) => pid !== undefined).length;
  const state = running === components.length ? 'up' : running > 0 ? 'partly' : 'kept';
  return { name, directory: paths.directory, state, components };
}

/** Status of every platform of this machine that holds a place. */
export async function listPlatforms(): Promise<PlatformStatus[]> {
  const root = platformsRoot();
  const ours = (await registeredPlatforms()).filter((directory) => directory === `${root}/${basename(directory)}`);
  return Promise.all(ours.sort().map((directory) => readStatus(basename(directory))));
}

async function residentMegabytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}
