import type { Command } from 'commander';
import { DEFAULT_REPOSITORY } from '../../api/volume-request.ts';
import { applyPlan } from '../../schedules/apply.ts';
import { readCurrentSchedules } from '../../schedules/current.ts';
import { scheduleId } from '../../schedules/ids.ts';
import { DEFAULT_DELETIONS } from '../../schedules/plan.ts';
import { type ClusterPlan, desiredOf, planCluster } from '../cluster-plan.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { CommandError } from '../errors.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { renderClusterPlan } from '../output/cluster-plan.ts';
import { renderApplied } from '../output/schedule-plan.ts';
import { addClusterOptions, type ClusterFlags, inNamespace, namespaceOf, readCluster } from './cluster-options.ts';
import { planJson } from './schedules.ts';
import type { RunCommand } from './volume-options.ts';

interface Flags extends ClusterFlags {
  readonly apply?: boolean;
  readonly allowDeletions?: boolean;
  readonly repository: string;
  readonly timeZone?: string;
}

/** Schedules of other purposes than backups are nobody's to delete here. */
const ALL_BACKUPS = 'backup/';

const HELP = `
Reads the declared objects of the cluster and tells what would change: Temporal's Schedules, claims that are missing and would
be restored, and objects that are not acted on, with the reason. Stowage's own watch does the same all the time; --apply is for
the day on which it refused to delete many Schedules at once.

Examples:
  stowage plan
  stowage plan -n media
  stowage plan --apply --allow-deletions

${exitCodeHelp(['Forbidden', 'ClusterUnreachable'], ['differences'])}`;

export function addPlanCommand(program: Command, run: RunCommand): void {
  addClusterOptions(program.command('plan').description('show what would change of what the cluster declares'))
    .option('--apply', 'bring the Schedules to what is declared')
    .option('--allow-deletions', 'with --apply: delete however many there are')
    .option('--repository <name>', "Stowage's name of the repository, as the control worker has it", DEFAULT_REPOSITORY)
    .option('--time-zone <name>', 'for schedules that name none (default: UTC)')
    .addHelpText('after', HELP)
    .action((flags: Flags, self: Command) => run(self, (context) => plan(context, flags)));
}

async function plan(context: CliContext, flags: Flags): Promise<CommandOutcome> {
  const made = await makePlan(context, flags);
  if (flags.apply) return await apply(context, made);
  const { schedules, restores } = made;
  const differs =
    schedules.changes.length > 0 ||
    schedules.refusal !== undefined ||
    schedules.foreign.length > 0 ||
    restores.length > 0;
  return {
    json: { ...planJson(schedules), restores, held: made.held },
    text: renderClusterPlan(context.output.colors, made),
    exitCode: differs ? ExitCode.Differences : ExitCode.Done,
  };
}

async function makePlan(context: CliContext, flags: Flags): Promise<ClusterPlan> {
  const namespace = namespaceOf(flags);
  const { cluster, world } = await readCluster(context, {
    namespace,
    repository: flags.repository,
    ...(flags.timeZone !== undefined && { defaultTimeZone: flags.timeZone }),
  });
  const facts = {
    world: inNamespace(world, namespace),
    allSources: world.sources,
    claims: await cluster.claims(namespace),
  };
  const desired = desiredOf(facts);
  const client = await context.temporal();
  const ids = desired.map(({ scheduleId }) => scheduleId);
  const current = await readCurrentSchedules(client.schedule, ids);
  const prefix = namespace === undefined ? ALL_BACKUPS : scheduleId(namespace, '');
  const deletions = flags.allowDeletions ? { ...DEFAULT_DELETIONS, mode: 'Allow' as const } : DEFAULT_DELETIONS;
  return planCluster(facts, desired, current, prefix, deletions);
}

async function apply(context: CliContext, { schedules, restores, held }: ClusterPlan): Promise<CommandOutcome> {
  if (schedules.refusal !== undefined) {
    throw new CommandError(`the plan is refused because ${schedules.refusal}; nothing was changed`, {
      remedy: 'Check that the cluster holds all declared objects; if it does, allow it with --allow-deletions.',
    });
  }
  const client = await context.temporal();
  const applied = await applyPlan(client.schedule, schedules);
  const failed = applied.some(({ error }) => error !== undefined) || schedules.foreign.length > 0;
  return {
    json: {
      ...planJson(schedules),
      restores,
      held,
      applied: applied.map(({ change, error }) => ({
        kind: change.kind,
        scheduleId: change.scheduleId,
        ...(error !== undefined && { error }),
      })),
    },
    text: renderApplied(context.output.colors, schedules, applied),
    exitCode: failed ? ExitCode.Failed : ExitCode.Done,
  };
}
