import type { Command } from 'commander';
import { type AppliedChange, applyPlan } from '../../schedules/apply.ts';
import { readCurrentSchedules } from '../../schedules/current.ts';
import { desiredSchedules } from '../../schedules/desired.ts';
import { DEFAULT_DELETIONS, type DeletionPolicy, planSchedules, type SchedulePlan } from '../../schedules/plan.ts';
import { DEFAULT_SPREAD_SECONDS } from '../../schedules/spread.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { CommandError } from '../errors.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { readManifests } from '../manifests.ts';
import { renderApplied, renderPlan } from '../output/schedule-plan.ts';
import { type RunCommand, wholeNumber } from './volume-options.ts';

interface Flags {
  readonly file: readonly string[];
  readonly namespace?: string;
  readonly repository?: string;
  readonly timeZone?: string;
  readonly spread: number;
  readonly prune?: boolean;
  readonly maxDeletions: number;
  readonly allowDeletions?: boolean;
  readonly firstRun: boolean;
}

const HELP = `
Reads ReplicationSource objects (volsync.backube/v1alpha1 with spec.kopia) and nothing else in those files.
Without --prune, schedules that the files don't declare are left alone. What an operator paused by hand stays paused.

Examples:
  stowage schedules plan -f kubernetes/apps/
  kustomize build apps/emby | stowage schedules apply -n media -f -
  stowage schedules apply -f kubernetes/apps/ --prune --max-deletions 3

${exitCodeHelp(['InvalidSpec'], ['differences'])}`;

export function addSchedulesCommand(program: Command, run: RunCommand): void {
  const schedules = program.command('schedules').description('bring Temporal Schedules to what manifests declare');
  const add = (name: 'plan' | 'apply', description: string): void => {
    schedules
      .command(name)
      .description(description)
      .requiredOption('-f, --file <path...>', 'manifests: files, folders, or - for standard input')
      .option('-n, --namespace <namespace>', 'for manifests that name none')
      .option('--repository <name>', "Stowage's name of the repository (default: kopia)")
      .option('--time-zone <name>', 'for schedules that name none (default: UTC)')
      .option('--spread <seconds>', 'bound of the stable offset of each schedule', wholeNumber, DEFAULT_SPREAD_SECONDS)
      .option('--no-first-run', 'start no backup at once for new schedules')
      .option('--prune', "delete Stowage's schedules that the files don't declare")
      .option('--max-deletions <n>', 'refuse a plan that deletes more', wholeNumber, DEFAULT_DELETIONS.atMost)
      .option('--allow-deletions', 'delete however many there are')
      .addHelpText('after', HELP)
      .action((flags: Flags, self: Command) =>
        run(self, (context) => (name === 'plan' ? plan(context, flags) : apply(context, flags))),
      );
  };
  add('plan', 'show what would change; exit 3 when something would');
  add('apply', 'make it so');
}

async function plan(context: CliContext, flags: Flags): Promise<CommandOutcome> {
  const made = await makePlan(context, flags);
  const differs = made.changes.length > 0 || made.refusal !== undefined || made.foreign.length > 0;
  return {
    json: planJson(made),
    text: renderPlan(context.output.colors, made),
    exitCode: differs ? ExitCode.Differences : ExitCode.Done,
  };
}

async function apply(context: CliContext, flags: Flags): Promise<CommandOutcome> {
  const made = await makePlan(context, flags);
  if (made.refusal !== undefined) {
    throw new CommandError(`the plan is refused because ${made.refusal}; nothing was changed`, {
      remedy: 'Check that --file names everything; if it does, allow it with --max-deletions or --allow-deletions.',
    });
  }
  const client = await context.temporal();
  const applied: AppliedChange[] = await applyPlan(client.schedule, made);
  const failed = applied.some(({ error }) => error !== undefined) || made.foreign.length > 0;
  return {
    json: {
      ...planJson(made),
      applied: applied.map(({ change, error }) => ({
        kind: change.kind,
        scheduleId: change.scheduleId,
        ...(error !== undefined && { error }),
      })),
    },
    text: renderApplied(context.output.colors, made, applied),
    exitCode: failed ? ExitCode.Failed : ExitCode.Done,
  };
}

async function makePlan(context: CliContext, flags: Flags): Promise<SchedulePlan> {
  const read = await readManifests(
    flags.file,
    {
      ...(flags.namespace !== undefined && { defaultNamespace: flags.namespace }),
      ...(flags.repository !== undefined && { repository: flags.repository }),
      ...(flags.timeZone !== undefined && { defaultTimeZone: flags.timeZone }),
    },
    context.readStdin,
  );
  for (const remark of read.remarks) context.output.note(context.output.colors.yellow(remark));
  if (read.problems.length > 0) {
    throw new CommandError(read.problems.join('\n'), { type: FailureType.InvalidSpec });
  }
  const { length } = read.sources;
  context.output.note(
    `${length} ${length === 1 ? 'source' : 'sources'} declared, objects of other kinds: ${read.notOurs}`,
  );
  const desired = desiredSchedules(read.sources, { spreadSeconds: flags.spread, startAtOnce: flags.firstRun });
  const client = await context.temporal();
  const ids = desired.map(({ scheduleId }) => scheduleId);
  return planSchedules(desired, await readCurrentSchedules(client.schedule, ids), deletionPolicy(flags));
}

function deletionPolicy({ prune, allowDeletions, maxDeletions }: Flags): DeletionPolicy {
  const mode = !prune ? 'Keep' : allowDeletions ? 'Allow' : 'Bounded';
  return { mode, atMost: maxDeletions };
}

/** The plan without the whole settings: who wants them reads the manifests. */
export const planJson = ({ changes, ...rest }: SchedulePlan) => ({
  ...rest,
  changes: changes.map((change) => ({
    kind: change.kind,
    scheduleId: change.scheduleId,
    ...(change.kind === 'Update' && { differing: change.differing }),
    ...(change.kind === 'Pause' && { because: change.because }),
    ...(change.kind === 'Create' && { startsAtOnce: change.desired.startAtOnce }),
  })),
});
