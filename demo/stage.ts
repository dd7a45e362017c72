import type { DemoCluster } from './cluster.ts';
import type { Story } from './story.ts';
import type { stowageCommand } from './stowage.ts';
import type { DemoTemporal } from './temporal.ts';

/** Everything that the scenario works with. */
export interface Stage {
  readonly story: Story;
  readonly cluster: DemoCluster;
  readonly stowage: ReturnType<typeof stowageCommand>;
  readonly temporal: DemoTemporal;
  /** What Flux would apply, rendered from the repository. */
  readonly rendered: string;
  readonly stowageImage: string;
  readonly repositoryPassword: string;
  /** Runs that are told of at the end. */
  readonly runs: RunId[];
}

export interface RunId {
  readonly workflowId: string;
  readonly runId: string;
}

export interface CommandRun<R> extends RunId {
  readonly result: R;
}

/** Longest waits, seconds: bounds for something that hangs. */
export const POD_SECONDS = 120;
export const TREE_SECONDS = 300;
export const RUN_SECONDS = 120;

/** `kubectl …` with what it prints, shortened to `lines` lines of a terminal. */
export async function showCommand({ story, cluster }: Stage, lines: number, ...args: readonly string[]): Promise<void> {
  tell(story, `kubectl ${args.join(' ')}`, (await cluster.read(...args)).split('\n'), lines);
}

/** A command and its output. */
export function tell(story: Story, command: string, output: readonly string[], lines: number): void {
  story.line(`$ ${command}`);
  for (const line of output.slice(0, lines)) story.line(`  ${line.slice(0, TERMINAL_COLUMNS)}`);
  if (output.length > lines) story.line(`  … ${output.length - lines} more lines`);
}

const TERMINAL_COLUMNS = 150;
