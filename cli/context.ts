import type { Client } from '@temporalio/client';
import type { ClusterClient } from './cluster.ts';
import type { CliConfig } from './config.ts';
import type { Output, TextStream } from './output/output.ts';

/** The world outside, as the program is given it: real in main.ts, made up in tests. */
export interface CliHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly now: () => Date;
  /** Text of standard input, for `-f -`. */
  readonly readStdin: () => Promise<string>;
  /** Calls the handler on Ctrl-C until the returned function is called; without any handler Ctrl-C ends the process. */
  readonly onInterrupt: (handler: () => void) => () => void;
  /** Asks a person; absent where nobody can answer. */
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly openCluster: (config: CliConfig) => Promise<ClusterClient>;
}

/** What every command receives. */
export interface CliContext {
  readonly config: CliConfig;
  readonly output: Output;
  readonly now: () => Date;
  readonly readStdin: () => Promise<string>;
  readonly onInterrupt: CliHost['onInterrupt'];
  readonly confirm?: NonNullable<CliHost['confirm']>;
  /** Connects on first use. Throws CommandError when Temporal does not answer. */
  readonly temporal: () => Promise<Client>;
  readonly cluster: () => Promise<ClusterClient>;
}

/** What a command has to say at its end; printed once, as text or as JSON. */
export interface CommandOutcome {
  readonly json: unknown;
  readonly text: string;
  /** 0 where it is left out. */
  readonly exitCode?: number;
}
