import type { Command } from 'commander';
import { resolveMaintenance } from '../../api/care-request.ts';
import { CareTask, DEFAULT_STOWAGE_NAMESPACE } from '../../api/kopia-repository.ts';
import { careId, MAINTAIN_REPOSITORY, type MaintenanceResult } from '../../workflows/care/contract.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderMaintenance } from '../output/care.ts';
import { maintenanceRequest } from '../requests.ts';
import { addWaitOption, type RunCommand } from './volume-options.ts';

interface Flags {
  readonly full?: boolean;
  readonly wait?: boolean;
  readonly stowageNamespace: string;
}

const HELP = `
Quick maintenance keeps the index small; full maintenance also removes what no snapshot needs any more. Both leave what
writers may be using: data goes one to two days after its last snapshot. Without this command both run by the schedules of
the KopiaRepository. Never two at once: this run waits for another one (a quick one is left out), and gives restores the way.

Examples:
  stowage maintain
  stowage maintain kopia --full

${exitCodeHelp(['InvalidSpec', 'RepositoryNotFound', 'RepositoryUnreachable', 'ClockSkew'], ['detach'])}`;

export function addMaintainCommand(program: Command, run: RunCommand): void {
  const command = program.command('maintain').description("run a repository's maintenance now");
  addWaitOption(command.argument('[repository]', "Stowage's name of the repository", 'kopia'))
    .option('--full', 'full maintenance instead of quick')
    .option('--stowage-namespace <name>', "Stowage's own namespace", DEFAULT_STOWAGE_NAMESPACE)
    .addHelpText('after', HELP)
    .action((name: string, flags: Flags, self: Command) => run(self, (context) => maintain(context, name, flags)));
}

async function maintain(context: CliContext, name: string, flags: Flags): Promise<CommandOutcome> {
  const request = maintenanceRequest({ repository: name, ...(flags.full && { full: true }) });
  const { repository, mode } = resolveMaintenance(request);
  const task = mode === 'Full' ? CareTask.fullMaintenance : CareTask.quickMaintenance;
  return await executeRun<MaintenanceResult>(context, {
    wait: flags.wait !== false,
    render: renderMaintenance,
    start: {
      workflowType: MAINTAIN_REPOSITORY,
      workflowId: careId(task, flags.stowageNamespace, repository),
      request,
      summary: `${mode} maintenance of ${repository}`,
      details: 'Started by hand with `stowage maintain`.',
      searchAttributes: { [SearchAttribute.repository]: repository },
    },
  });
}
