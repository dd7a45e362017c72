import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '../errors.ts';
import { interfaceExists, interfaceOwner, routes } from '../host/interfaces.ts';
import { withLock } from '../host/lock.ts';
import { freePorts } from '../host/ports.ts';
import { chooseSlot, networkOf, SLOTS } from './network.ts';

/** One for the machine whatever root the platforms use: interfaces and ports are the machine's. */
const REGISTRY = '/var/lib/stowage/slots.json';

/** `slots`: slot number by platform directory. `ipForward`: the kernel's setting before the first platform came up. */
export type SlotRegistry = { slots: Record<string, number>; ipForward?: string };

async function readRegistry(): Promise<SlotRegistry> {
  const text = await readFile(REGISTRY, 'utf8').catch(() => '{"slots":{}}');
  try {
    return JSON.parse(text) as SlotRegistry;
  } catch {
    throw new PlatformError(`${REGISTRY} is not JSON: run 'platform down' for every platform, then remove it`);
  }
}

async function writeRegistry(registry: SlotRegistry): Promise<void> {
  if (Object.keys(registry.slots).length > 0) {
    await mkdir(dirname(REGISTRY), { recursive: true });
    await writeFile(REGISTRY, `${JSON.stringify(registry, null, 2)}\n`);
    return;
  }
  await rm(REGISTRY, { force: true });
  await rmdir(dirname(REGISTRY)).catch(() => undefined);
}

/**
 * The slot of a platform: its own if it has one, else the first whose addresses, interfaces and ports are free.
 * @param ipForward the kernel's present setting, kept so that the last `down` can put it back.
 * @throws PlatformError when all slots are taken.
 */
export function claimSlot(directory: string, ipForward: string): Promise<number> {
  return withLock('slots', async () => {
    const registry = await readRegistry();
    for (const known of Object.keys(registry.slots)) if (!existsSync(known)) delete registry.slots[known];
    // While a platform is up the setting is already the CNI plugin's.
    if (!anyUp()) registry.ipForward = ipForward;
    const own = registry.slots[directory];
    if (own !== undefined) {
      await writeRegistry(registry);
      return own;
    }
    const taken = Object.values(registry.slots);
    const used = await routes();
    let slot = chooseSlot(taken, used);
    while (slot !== undefined && (await isOccupied(slot))) {
      taken.push(slot);
      slot = chooseSlot(taken, used);
    }
    if (slot === undefined)
      throw new PlatformError(`all ${SLOTS} places for platforms are taken: 'platform list' shows them`);
    registry.slots[directory] = slot;
    // The directory exists before the lock is let go: entries of missing directories count as free.
    await mkdir(directory, { recursive: true });
    await writeRegistry(registry);
    return slot;
  });
}

async function isOccupied(slot: number): Promise<boolean> {
  const network = networkOf(slot);
  if (interfaceExists(network.bridge)) return true;
  const ports = Object.values(network.loopback);
  return (await freePorts('127.0.0.1', ports)).length < ports.length;
}

/** The slot that a platform holds, if it holds one; from its bridge when somebody removed the registry. */
export async function slotOf(directory: string): Promise<number | undefined> {
  const known = (await readRegistry()).slots[directory];
  if (known !== undefined) return known;
  for (let slot = 0; slot < SLOTS; slot += 1) {
    if ((await interfaceOwner(networkOf(slot).bridge)) === directory) return slot;
  }
  return undefined;
}

/** Directories of all platforms that hold a slot. */
export async function registeredPlatforms(): Promise<string[]> {
  return Object.keys((await readRegistry()).slots).filter((directory) => existsSync(directory));
}

/**
 * Gives the slot back, or keeps it for a platform whose data stays.
 * Answers whether no platform is up any more, and what the kernel's forwarding setting was before the first one.
 */
export function releaseSlot(
  directory: string,
  keep: boolean,
): Promise<{ last: boolean; ipForward: string | undefined }> {
  return withLock('slots', async () => {
    const registry = await readRegistry();
    if (!keep) delete registry.slots[directory];
    await writeRegistry(registry);
    return { last: !anyUp(), ipForward: registry.ipForward };
  });
}

function anyUp(): boolean {
  return Array.from({ length: SLOTS }, (_, slot) => networkOf(slot)).some(({ bridge }) => interfaceExists(bridge));
}
