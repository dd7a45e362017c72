import type { CliContext, CommandOutcome } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import { followRun } from './follow.ts';
import { runLink } from './links.ts';
import type { Colors } from './output/output.ts';
import { renderFailure } from './output/run.ts';
import { type StartedRun, type StartOptions, startRun } from './start.ts';

export interface ExecuteOptions<Result> {
  readonly start: StartOptions;
  /** False: the command ends as soon as the run is started. */
  readonly wait: boolean;
  readonly render: (colors: Colors, result: Result) => string;
  /** A run that is under way under another id (a scheduled one) and is joined instead. */
  readonly joined?: StartedRun;
}

/** Starts a run or joins the one under way, follows it, and turns its end into what the command says. */
export async function executeRun<Result>(
  context: CliContext,
  options: ExecuteOptions<Result>,
): Promise<CommandOutcome> {
  const client = await context.temporal();
  const run = options.joined ?? (await startRun(client, options.start));
  const link = runLink(context.config, run);
  if (run.joined) context.output.note(`Joined the run that is under way (${run.workflowId}); its own input counts.`);
  else context.output.note(`Started ${run.workflowId}`);
  if (link) context.output.note(context.output.colors.dim(link));
  if (!options.wait) {
    const text = `${run.joined ? 'Under way' : 'Started'}: ${run.workflowId} (run ${run.runId})\n${howToFollow(run)}`;
    return { json: { ...reference(run), outcome: 'Started', ...(link && { link }) }, text };
  }
  return await endOf(context, run, options.render);
}

/** Follows a run that exists. */
export async function endOf<Result>(
  context: CliContext,
  run: StartedRun,
  render: (colors: Colors, result: Result) => string,
): Promise<CommandOutcome> {
  const { colors } = context.output;
  const link = runLink(context.config, run);
  const base = { ...reference(run), ...(link && { link }) };
  const end = await followRun(context, run);
  switch (end.kind) {
    case 'Completed':
      return {
        json: { ...base, outcome: 'Completed', result: end.result },
        text: render(colors, end.result as Result),
      };
    case 'Failed': {
      const { exitCode, outcome, ...failure } = end.failure;
      return {
        json: { ...base, outcome, failure, exitCode },
        text: renderFailure(colors, end.failure, link),
        exitCode,
      };
    }
    case 'Detached':
      return {
        json: { ...base, outcome: 'Detached' },
        text: `Detached; the run goes on.\n${howToFollow(run)}`,
        exitCode: ExitCode.Detached,
      };
  }
}

const reference = ({ workflowId, runId, joined }: StartedRun) => ({ workflowId, runId, joined });

const howToFollow = ({ workflowId }: StartedRun): string =>
  [
    `  follow: stowage watch --workflow-id ${workflowId}`,
    `  cancel: temporal workflow cancel --workflow-id ${workflowId}`,
  ].join('\n');
