import { readFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import type { BenchOptions } from './options.ts';
import type { Row } from './rows.ts';

/** What a figure means nothing without. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly architecture: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Load of the last minute before the benchmark began. */
  readonly loadBefore: number;
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  const [load = '0'] = (await readFile('/proc/loadavg', 'utf8')).split(' ');
  return {
    cores: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    architecture: arch(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    loadBefore: Number(load),
  };
}

export interface Report {
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly options: Pick<BenchOptions, 'repeat' | 'quick' | 'only' | 'bulkMiB' | 'volumes' | 'declared'>;
  readonly rows: readonly Row[];
  /** Samples with everything that was seen, by group. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** The last line: what was reached, and by name what was not. Pure. */
export function summarize(rows: readonly Row[]): string {
  const judged = rows.filter(({ verdict }) => verdict);
  const missed = judged.filter(({ verdict }) => verdict === 'missed');
  const end = missed.length === 0 ? '' : `; missed: ${missed.map(({ id }) => id).join(', ')}`;
  return `bench: ${judged.length - missed.length} of ${judged.length} aims reached${end}`;
}
