import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Linux counts CPU time in hundredths of a second on every architecture that it shows to programs. */
const TICKS_PER_SECOND = 100;

/** Work that goes on after the last visible moment (a sandbox taken down, a garbage collection) belongs to what caused it; milliseconds. */
const TAIL_MILLISECONDS = 1_000;

/**
 * CPU seconds that all processors together have spent working, from the text of `/proc/stat`. Waiting for a disk and time
 * taken by a hypervisor are not work. Pure. @throws RangeError when the text is another.
 */
export function busySeconds(statText: string): number {
  const [name, ...fields] = statText.split('\n')[0]?.trim().split(/\s+/) ?? [];
  const [user, nice, system, , , irq = 0, softirq = 0] = fields.map(Number);
  if (name !== 'cpu' || user === undefined || nice === undefined || system === undefined) {
    throw new RangeError(`the first line of /proc/stat is not that of all processors: ${statText.slice(0, 80)}`);
  }
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

const machineBusySeconds = async (): Promise<number> => busySeconds(await readFile('/proc/stat', 'utf8'));

export interface WithCpu<T> {
  readonly value: T;
  /** CPU seconds of the whole machine that the idle machine does not use in the same time. */
  readonly cpuSeconds: number;
  /** Share of all processors, 0 to 1, that was busy while the machine should have rested. */
  readonly idleLoad: number;
}

/** Above this share other programs are at work, and what is left after subtracting them is noise. */
const QUIET_LOAD = 0.2;

/** Whether the machine rested enough between the samples for its CPU seconds to mean something. Pure. */
export const wasQuiet = (samples: readonly { readonly idleLoad: number }[]): boolean =>
  samples.every(({ idleLoad }) => idleLoad <= QUIET_LOAD);

/**
 * Does `work`, then lets the machine rest for exactly as long, and subtracts what it used while resting. Other load on
 * the machine makes this worthless; the platform's own idle work is what it takes out.
 */
export async function withCpu<T>(work: () => Promise<T>): Promise<WithCpu<T>> {
  const started = performance.now();
  const before = await machineBusySeconds();
  const value = await work();
  await sleep(TAIL_MILLISECONDS);
  const used = (await machineBusySeconds()) - before;
  const restStarted = performance.now();
  const idleBefore = await machineBusySeconds();
  await sleep(restStarted - started);
  const idle = (await machineBusySeconds()) - idleBefore;
  const processorSeconds = ((performance.now() - restStarted) / 1000) * cpus().length;
  return { value, cpuSeconds: used - idle, idleLoad: idle / processorSeconds };
}
