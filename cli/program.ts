import type { Client } from '@temporalio/client';
import { Command, CommanderError } from 'commander';
import { addAdoptCommand } from './commands/adopt.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addCoverageCommand } from './commands/coverage.ts';
import { addDrillCommand } from './commands/drill.ts';
import { addDrillsCommand } from './commands/drills.ts';
import { addInitCommand } from './commands/init.ts';
import { addMaintainCommand } from './commands/maintain.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addReleaseCommand } from './commands/release.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addSchedulesCommand } from './commands/schedules.ts';
import { addSnapshotsCommand } from './commands/snapshots.ts';
import { addStatusCommand } from './commands/status.ts';
import { addVerifyCommand } from './commands/verify.ts';
import type { CommandBody } from './commands/volume-options.ts';
import { addWatchCommand } from './commands/watch.ts';
import { type CliConfig, type GlobalFlags, parseCliConfig } from './config.ts';
import type { CliContext, CliHost, CommandOutcome } from './context.ts';
import { CommandError } from './errors.ts';
import { allExitCodesHelp, ExitCode } from './exit-codes.ts';
import { createOutput, type Output } from './output/output.ts';
import { renderFailure } from './output/run.ts';
import { connectTemporal, describeTemporalError } from './temporal.ts';

const HELP = `
Examples:
  stowage init                                  create the repository, once
  stowage schedules apply -f kubernetes/apps/   back up what the manifests declare
  stowage backup app-config -n demo             back up now
  stowage snapshots app-config -n demo          what there is to go back to
  stowage restore app-config -n demo            bring a missing volume back
  stowage maintain kopia --full                 keep the repository small, now
  stowage verify kopia --deep                   prove now that all of it can be read
  stowage drill app-config -n demo              prove that it can be brought back
  stowage drills                                when that was proven last
  stowage status -A                             how all volumes stand
  stowage coverage                              which claims are protected, and which are not
  stowage plan                                  what would change of what the cluster declares
  stowage adopt                                 what VolSync looks after, and taking it over

Environment: STOWAGE_TEMPORAL_ADDRESS (127.0.0.1:7233), STOWAGE_TEMPORAL_NAMESPACE (default), STOWAGE_TEMPORAL_UI,
STOWAGE_TEMPORAL_TLS, STOWAGE_TEMPORAL_CA_FILE, STOWAGE_TEMPORAL_CERT_FILE, STOWAGE_TEMPORAL_KEY_FILE, KUBECONFIG, NO_COLOR.
Results go to standard output, progress to standard error.

${allExitCodesHelp()}`;

/** Runs one command line and returns its exit code. Everything that it touches comes from the host. */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  let exitCode: number = ExitCode.Done;
  const program = buildProgram(host, async (command, body) => {
    exitCode = await runBody(host, command.optsWithGlobals<GlobalFlags>(), body);
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version that were asked for are no mistake.
    return error.exitCode === 0 ? ExitCode.Done : ExitCode.Usage;
  }
}

function buildProgram(host: CliHost, run: (command: Command, body: CommandBody) => Promise<void>): Command {
  const program = new Command('stowage')
    .description('Durable backup and restore of Kubernetes volumes with Kopia, on Temporal')
    .option('--address <host:port>', "Temporal's frontend")
    .option('--temporal-namespace <name>', 'namespace in Temporal')
    .option('--ui-url <url>', "Temporal's UI, for links to runs")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--json', 'print the result as JSON')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .showHelpAfterError('Add --help for examples.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) })
    .addHelpText('after', HELP);
  addInitCommand(program, run);
  addBackupCommand(program, run);
  addRestoreCommand(program, run);
  addDrillCommand(program, run);
  addDrillsCommand(program, run);
  addSnapshotsCommand(program, run);
  addMaintainCommand(program, run);
  addVerifyCommand(program, run);
  addStatusCommand(program, run);
  addWatchCommand(program, run);
  addSchedulesCommand(program, run);
  addPlanCommand(program, run);
  addCoverageCommand(program, run);
  addAdoptCommand(program, run);
  addReleaseCommand(program, run);
  return program;
}

async function runBody(host: CliHost, flags: GlobalFlags, body: CommandBody): Promise<number> {
  let config: CliConfig | undefined;
  let output = createOutput(host.stdout, host.stderr, false);
  let client: Promise<Client> | undefined;
  try {
    config = parseCliConfig(host.env, flags, host.stderr.isTTY && host.stdout.isTTY);
    const known = config;
    output = createOutput(host.stdout, host.stderr, config.color);
    const context: CliContext = {
      config,
      output,
      now: host.now,
      readStdin: host.readStdin,
      onInterrupt: host.onInterrupt,
      ...(host.confirm && { confirm: host.confirm }),
      temporal() {
        client ??= connectTemporal(known);
        return client;
      },
      cluster: () => host.openCluster(known),
    };
    return show(output, config.json, await body(context));
  } catch (error) {
    const failure = config ? describeTemporalError(error, config) : asCommandError(error);
    return show(output, flags.json === true, failureOutcome(output, failure));
  } finally {
    await closeQuietly(client);
  }
}

const asCommandError = (error: unknown): CommandError =>
  error instanceof CommandError ? error : new CommandError(error instanceof Error ? error.message : String(error));

function failureOutcome({ colors }: Output, { type, message, remedy, exitCode }: CommandError): CommandOutcome {
  const failure = { ...(type && { type }), message, ...(remedy && { remedy }) };
  return { json: { outcome: 'Failed', failure, exitCode }, text: renderFailure(colors, failure), exitCode };
}

/** The command did what it was asked to; the code tells what it found. */
const FINDINGS: ReadonlySet<number> = new Set([ExitCode.Done, ExitCode.Differences, ExitCode.Unprotected]);

/** Results on standard output, failures on standard error; as JSON the result is on standard output in any case. */
function show(output: Output, json: boolean, { json: value, text, exitCode = ExitCode.Done }: CommandOutcome): number {
  const good = FINDINGS.has(exitCode);
  if (json) output.result(JSON.stringify(value, undefined, 2));
  if (!json && good) output.result(text);
  if (!good) output.note(text);
  return exitCode;
}

async function closeQuietly(client: Promise<Client> | undefined): Promise<void> {
  try {
    await (await client)?.connection.close();
  } catch {
    // A connection that never was, or is gone, has nothing to close.
  }
}
