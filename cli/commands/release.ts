import type { Command } from 'commander';
import { Control } from '../../api/declared-object.ts';
import { selectNamed } from '../adoption.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { renderRelease } from '../output/release.ts';
import { planRelease } from '../release.ts';
import { askFor, changeEach, untold } from './carry-out.ts';
import {
  addClusterOptions,
  type ClusterFlags,
  inNamespace,
  namespaceOf,
  readCluster,
  requireNames,
} from './cluster-options.ts';
import type { RunCommand } from './volume-options.ts';

interface Flags extends ClusterFlags {
  readonly yes?: boolean;
}

const HELP = `
Hands sources and destinations back to VolSync: Stowage stops acting on them, deletes their Schedules and takes its
conditions off. Changes nothing until told: with --yes, or by a yes at the terminal. The repository stays as it is, and VolSync
goes on in it with the same identities. An object with a run under way is left for the next time.

Examples:
  stowage release
  stowage release -n media emby-src
  stowage release -n media --yes

${exitCodeHelp(['Forbidden', 'ClusterUnreachable'], ['untold'])}`;

export function addReleaseCommand(program: Command, run: RunCommand): void {
  addClusterOptions(program.command('release').description('hand sources and destinations back to VolSync'))
    .argument('[name...]', 'only these sources (and their destinations) or destinations')
    .option('--yes', 'do it')
    .addHelpText('after', HELP)
    .action((names: string[], flags: Flags, self: Command) => run(self, (context) => release(context, names, flags)));
}

async function release(context: CliContext, names: readonly string[], flags: Flags): Promise<CommandOutcome> {
  const namespace = namespaceOf(flags);
  const { cluster, world, volsync } = await readCluster(context, { namespace, asIfAdopted: true });
  const within = inNamespace(world, namespace);
  requireNames(within, names);
  const plan = planRelease(selectNamed(within, names));
  const { colors } = context.output;
  const shown = { plan, volsync };
  const json = { volsync, objects: plan.rows };
  const busy = plan.rows.some(({ state }) => state === 'Busy');
  if (plan.objects.length === 0) {
    return { json, text: renderRelease(colors, shown), exitCode: busy ? ExitCode.Differences : ExitCode.Done };
  }
  const question = `Release ${plan.objects.length} objects?`;
  const text = renderRelease(colors, shown);
  const word = await askFor(context, flags.yes, question, text);
  if (word !== 'Yes') return untold(word, json, text);
  // First the word, then the marks: whoever still writes a status meanwhile stops at the word.
  const done = await changeEach(
    plan.objects,
    async (manifest) => (await cluster.setControl(manifest, Control.released)) && (await cluster.withdraw(manifest)),
  );
  const failed = done.failed.length > 0 || busy;
  return {
    json: { ...json, ...done },
    text: renderRelease(colors, { ...shown, done }),
    exitCode: failed ? ExitCode.Failed : ExitCode.Done,
  };
}
