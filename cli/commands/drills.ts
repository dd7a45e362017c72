import type { Command } from 'commander';
import type { CliContext, CommandOutcome } from '../context.ts';
import { STOWAGE_NAMESPACE } from '../coverage.ts';
import { classifyDrills, isInOrder } from '../drill-rows.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { renderDrills } from '../output/drills.ts';
import { addClusterOptions, type ClusterFlags, namespaceOf, readCluster } from './cluster-options.ts';
import type { RunCommand } from './volume-options.ts';

interface Flags extends ClusterFlags {
  readonly stowageNamespace: string;
}

const HELP = `
Every application that Stowage backs up: when its restore was last rehearsed, with what result, how long it took, and how old the
data was. Overdue: longer ago than two intervals. As JSON with the last 24 drills of each. It reads the cluster alone.

Examples:
  stowage drills
  stowage drills -n media
  stowage drills --json | jq -r '.drills[] | select(.verdict == "Failed") | .last.failure.message'

${exitCodeHelp(['Forbidden', 'ClusterUnreachable'], ['undrilled'])}`;

export function addDrillsCommand(program: Command, run: RunCommand): void {
  addClusterOptions(program.command('drills').description('show when the restore of each application was last proven'))
    .option('--stowage-namespace <name>', "Stowage's own namespace, where drills are remembered", STOWAGE_NAMESPACE)
    .addHelpText('after', HELP)
    .action((flags: Flags, self: Command) => run(self, (context) => drills(context, flags)));
}

async function drills(context: CliContext, flags: Flags): Promise<CommandOutcome> {
  const namespace = namespaceOf(flags);
  const { cluster, world } = await readCluster(context, { namespace });
  const [histories, repositories] = await Promise.all([
    cluster.drills(flags.stowageNamespace),
    cluster.repositories(flags.stowageNamespace),
  ]);
  const rows = classifyDrills(world, histories, repositories, context.now()).filter(
    (row) => namespace === undefined || row.namespace === namespace,
  );
  const proven = rows.filter(({ verdict }) => verdict === 'Passed');
  return {
    json: { drills: rows, proven: proven.length, of: rows.length },
    text: renderDrills(context.output.colors, rows, context.now()),
    exitCode: rows.every(isInOrder) ? ExitCode.Done : ExitCode.Unprotected,
  };
}
