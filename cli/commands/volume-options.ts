import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext, CommandOutcome } from '../context.ts';

/** What a command does once the program has parsed its flags and made its context. */
export type CommandBody = (context: CliContext) => Promise<CommandOutcome>;

/** Given by the program: makes the context from the global flags, runs the body, prints its outcome once. */
export type RunCommand = (command: Command, body: CommandBody) => Promise<void>;

/** Flags of every command about one application volume. */
export function addVolumeOptions(command: Command): Command {
  return command
    .argument('<claim>', 'the application volume: name of its claim (PVC)')
    .requiredOption('-n, --namespace <namespace>', 'namespace of the claim')
    .option('--source <name>', 'ReplicationSource of the claim (default: the one that declares it, else <app>-src)')
    .option('--repository <name>', "Stowage's name of the repository (default: as declared, else kopia)");
}

/** Where the repository's password and volume are, for a claim that no schedule declares. */
export function addRepositoryOptions(command: Command): Command {
  return command
    .option('--secret <name>', 'Secret with KOPIA_PASSWORD (default: as declared, else <app>-volsync-secret)')
    .option('--repository-claim <name>', 'claim of the repository volume (default: as declared, else kopia)');
}

/** Which snapshot, and what the claim is like that it goes into. */
export const addSnapshotOptions = (command: Command): Command =>
  command
    .option('--snapshot <id>', 'exactly this snapshot, as `stowage snapshots` lists it')
    .option('--as-of <time>', 'the newest that was started at or before this time (RFC 3339)')
    .option('--previous <n>', 'skip the n newest (after --as-of)', wholeNumber)
    .option('--capacity <quantity>', 'size of the new claim (default: what the backup recorded)')
    .option('--storage-class <name>', 'class of the new claim (default: what the backup recorded)');

/** `--wait` is the default; `--no-wait` starts and leaves. */
export const addWaitOption = (command: Command): Command =>
  command.option('--wait', 'follow the run to its end (the default)').option('--no-wait', 'start the run and leave');

export const choice = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices([...values]);

/** A whole number that is not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number, 0 or more');
  return Number(text);
}

/** Collects a flag that may be given several times. */
export const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];
