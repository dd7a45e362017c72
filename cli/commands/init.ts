import type { Command } from 'commander';
import { resolveInit } from '../../api/repository-request.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { INIT_REPOSITORY, type InitRepositoryResult, initWorkflowId } from '../../workflows/repository/contract.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderInit } from '../output/run.ts';
import { initRequest } from '../requests.ts';
import { addWaitOption, type RunCommand } from './volume-options.ts';

interface Flags {
  readonly adopt?: boolean;
  readonly wait?: boolean;
}

const HELP = `
This is the only thing that ever creates a repository. Where one is already, it refuses and changes nothing.

Examples:
  stowage init
  stowage init kopia --adopt

${exitCodeHelp(['RepositoryExists', 'RepositoryNotFound', 'WrongPassword', 'RepositoryUnreachable'], ['detach'])}`;

export function addInitCommand(program: Command, run: RunCommand): void {
  const command = program.command('init').description('create a repository, or make one that exists the known one');
  addWaitOption(command.argument('[repository]', "Stowage's name of the repository", 'kopia'))
    .option('--adopt', 'make the repository that is there the known one; create nothing')
    .addHelpText('after', HELP)
    .action((name: string, flags: Flags, self: Command) => run(self, (context) => init(context, name, flags)));
}

async function init(context: CliContext, name: string, flags: Flags): Promise<CommandOutcome> {
  const request = initRequest({ repository: name, ...(flags.adopt && { adopt: true }) });
  const { repository, adopt } = resolveInit(request);
  return await executeRun<InitRepositoryResult>(context, {
    wait: flags.wait !== false,
    render: renderInit,
    start: {
      workflowType: INIT_REPOSITORY,
      workflowId: initWorkflowId(repository),
      request,
      summary: adopt ? `Adopt repository ${repository}` : `Create repository ${repository}`,
      details: 'Started by hand with `stowage init`.',
      searchAttributes: { [SearchAttribute.repository]: repository },
    },
  });
}
