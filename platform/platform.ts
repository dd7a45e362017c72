import { readFile } from 'node:fs/promises';
import { bootPlatform, start } from './boot/boot.ts';
import type { ComponentName } from './boot/components.ts';
import { openContext } from './boot/context.ts';
import { importArchive } from './boot/images.ts';
import { createReadyChecks } from './boot/ready.ts';
import { dependentsOf, stopComponentProcess } from './boot/supervise.ts';
import { takeDown } from './down/down.ts';
import { PlatformError } from './errors.ts';
import { withLock } from './host/lock.ts';
import { pathsOf, platformsRoot } from './layout/paths.ts';
import { type Log, stderrLog } from './toolchain/progress.ts';
import type { Platform } from './types.ts';

/** Which platform, and where its progress goes (plain lines; default stderr). */
export type UpOptions = { readonly name?: string; readonly log?: Log };

/** `keep` leaves the data for a later `upPlatform` of the same name. */
export type DownPlatformOptions = { readonly keep?: boolean; readonly log?: Log };

/** Runs `work` while no other process brings the same platform up or down. */
function alone<T>(name: string, log: Log, work: () => Promise<T>): Promise<T> {
  const { directory } = pathsOf(name, platformsRoot());
  return withLock(`platform:${directory}`, work, (holder) =>
    log(`platform ${name}: waiting for process ${holder}, which works on it`),
  );
}

/**
 * Brings the embedded platform up, or finds it running and starts only what died. It outlives the calling process.
 * @throws PlatformError when this machine cannot run it or a component fails.
 */
export function upPlatform({ name = 'dev', log = stderrLog }: UpOptions = {}): Promise<Platform> {
  return alone(name, log, () => bootPlatform(name, log));
}

/**
 * Takes a platform down; one that is not there is no error.
 * @throws PlatformError that lists what could not be removed.
 */
export function downPlatform(name: string, { keep = false, log = stderrLog }: DownPlatformOptions = {}): Promise<void> {
  return alone(name, log, () => takeDown(name, { keep, log }));
}

/**
 * The description that the last boot wrote.
 * @throws PlatformError when the platform was never up.
 */
export async function readPlatform(name: string): Promise<Platform> {
  const { platformFile } = pathsOf(name, platformsRoot());
  const text = await readFile(platformFile, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new PlatformError(`there is no platform '${name}': 'platform up --name ${name}' makes it`);
  return JSON.parse(text) as Platform;
}

/** Imports a docker-archive into the platform's node; pods name it with `imagePullPolicy: Never`. */
export function importImage(platform: Platform, archive: string): Promise<void> {
  return importArchive(pathsOf(platform.name, platformsRoot()), archive);
}

/** Stops one component, for tests of its absence; `upPlatform` or `startComponent` brings it back. */
export async function stopComponent(platform: Platform, component: ComponentName, log: Log = stderrLog): Promise<void> {
  await alone(platform.name, log, () =>
    stopComponentProcess({ paths: pathsOf(platform.name, platformsRoot()) }, component),
  );
}

/** Starts one component (and those that end with it) unless it runs, and waits until it answers. */
export async function startComponent(
  platform: Platform,
  component: ComponentName,
  log: Log = stderrLog,
): Promise<void> {
  await alone(platform.name, log, async () => {
    const context = await openContext(platform.name, log);
    const checks = await createReadyChecks(context);
    try {
      for (const name of [component, ...dependentsOf(component)]) await start(context, checks, name);
    } finally {
      checks.close();
    }
  });
}

/** Stops and starts one component, and waits until it answers. */
export async function restartComponent(
  platform: Platform,
  component: ComponentName,
  log: Log = stderrLog,
): Promise<void> {
  await stopComponent(platform, component, log);
  await startComponent(platform, component, log);
}
