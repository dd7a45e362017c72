import type { Command } from 'commander';
import type { CliContext, CommandOutcome } from '../context.ts';
import { classifyClaims, isCovered } from '../coverage.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { renderCoverage } from '../output/coverage.ts';
import { addClusterOptions, type ClusterFlags, namespaceOf, readCluster } from './cluster-options.ts';
import type { RunCommand } from './volume-options.ts';

const HELP = `
Every claim: which sources protect it, its last good backup, its age against its schedule (late: older than two intervals and
the spread), or why it is not protected. Caches, copies, staging and repository volumes are named and not counted.
It reads the cluster alone, not Temporal, and changes nothing.

Examples:
  stowage coverage
  stowage coverage -n media
  stowage coverage --json | jq -r '.claims[] | select(.verdict != "Protected") | .claim'

${exitCodeHelp(['Forbidden', 'ClusterUnreachable'], ['unprotected'])}`;

export function addCoverageCommand(program: Command, run: RunCommand): void {
  addClusterOptions(program.command('coverage').description('show which claims are protected, and which are not'))
    .addHelpText('after', HELP)
    .action((flags: ClusterFlags, self: Command) => run(self, (context) => coverage(context, flags)));
}

async function coverage(context: CliContext, flags: ClusterFlags): Promise<CommandOutcome> {
  const namespace = namespaceOf(flags);
  const { cluster, world } = await readCluster(context, { namespace });
  const rows = classifyClaims(await cluster.claims(namespace), world, context.now());
  const counted = rows.filter(({ verdict }) => verdict !== 'Own');
  const uncovered = counted.filter((row) => !isCovered(row));
  return {
    json: { claims: rows, protected: counted.length - uncovered.length, of: counted.length },
    text: renderCoverage(context.output.colors, rows, context.now()),
    exitCode: uncovered.length > 0 ? ExitCode.Unprotected : ExitCode.Done,
  };
}
