import { Command, InvalidArgumentError } from 'commander';

/** Parts that can be measured on their own; the table keeps this order. */
export const groups = ['unchanged', 'bulk', 'many', 'declared', 'memory'] as const;
export type Group = (typeof groups)[number];

export interface BenchOptions {
  readonly name: string;
  readonly json: string;
  readonly repeat: number;
  readonly keep: boolean;
  readonly quick: boolean;
  readonly only: readonly Group[];
  /** MiB of the volume whose first backup and restore are measured. */
  readonly bulkMiB: number;
  /** Volumes that are backed up at once. */
  readonly volumes: number;
  /** Sources and destinations that are applied at once. */
  readonly declared: number;
}

/** What `--quick` measures: enough to see that everything works, too little for a figure in a README. */
const QUICK = { repeat: 2, bulkMiB: 128, volumes: 5, declared: 20 };
const FULL = { repeat: 5, bulkMiB: 1024, volumes: 20, declared: 200 };

interface Typed {
  readonly name: string;
  readonly json: string;
  readonly repeat?: number;
  readonly keep?: true;
  readonly quick?: true;
  readonly only?: readonly Group[];
}

/** Reads the command line (without program and script). Exits with help or a usage error as commander does. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const typed = new Command('bench')
    .description(
      'Stowage against the floor of its platform and against bare Kopia, everything in one run and as ratios',
    )
    .option('--json <file>', 'where the results are written', 'bench-results.json')
    .option('--repeat <n>', `samples of each row (${FULL.repeat}; with --quick ${QUICK.repeat})`, parseRepeat)
    .option(
      '--quick',
      `few samples, ${QUICK.bulkMiB} MiB instead of ${FULL.bulkMiB}, ${QUICK.volumes} volumes instead of ${FULL.volumes}, ${QUICK.declared} declared objects instead of ${FULL.declared}`,
    )
    .option('--only <groups>', `some of ${groups.join(',')}`, parseGroups)
    .option('--name <platform>', 'the platform to run on; it is made unless it is up', 'bench')
    .option('--keep', 'leave the platform up')
    .parse([...argv], { from: 'user' })
    .opts<Typed>();
  const size = typed.quick ? QUICK : FULL;
  return {
    ...size,
    name: typed.name,
    json: typed.json,
    repeat: typed.repeat ?? size.repeat,
    keep: typed.keep ?? false,
    quick: typed.quick ?? false,
    only: typed.only ?? groups,
  };
}

function parseRepeat(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError('give 1 to 100');
  return value;
}

function parseGroups(text: string): Group[] {
  const wanted = text.split(',').map((word) => word.trim());
  const unknown = wanted.find((word) => !groups.some((group) => group === word));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of ${groups.join(', ')}`);
  return groups.filter((group) => wanted.includes(group));
}
