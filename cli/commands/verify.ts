import type { Command } from 'commander';
import { resolveVerification } from '../../api/care-request.ts';
import { CareTask, DEFAULT_STOWAGE_NAMESPACE } from '../../api/kopia-repository.ts';
import { careId, VERIFY_REPOSITORY, type VerificationResult } from '../../workflows/care/contract.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderVerification } from '../output/care.ts';
import { verificationRequest } from '../requests.ts';
import { addWaitOption, type RunCommand, wholeNumber } from './volume-options.ts';

interface Flags {
  readonly deep?: boolean;
  readonly parts?: number;
  readonly wait?: boolean;
  readonly stowageNamespace: string;
}

const HELP = `
Quick verification reads every index, snapshot list and folder, and sees that every pack is there. It reads no file: a
flipped bit is found by deep verification alone, which reads the bytes with an empty cache. By hand it reads everything;
with --parts N one of N parts, each run the one after the last.
Damage is named with the packs, applications and snapshots it touches, and stands in the status of both until a verification
finds it gone.

Examples:
  stowage verify
  stowage verify kopia --deep
  stowage verify kopia --deep --parts 30

${exitCodeHelp(['RepositoryCorrupt', 'InvalidSpec', 'RepositoryNotFound', 'RepositoryUnreachable'], ['detach'])}`;

export function addVerifyCommand(program: Command, run: RunCommand): void {
  const command = program.command('verify').description('prove now that a repository can be read');
  addWaitOption(command.argument('[repository]', "Stowage's name of the repository", 'kopia'))
    .option('--deep', 'read the bytes of the data too')
    .option('--parts <n>', 'with --deep: read one of so many parts', wholeNumber)
    .option('--stowage-namespace <name>', "Stowage's own namespace", DEFAULT_STOWAGE_NAMESPACE)
    .addHelpText('after', HELP)
    .action((name: string, flags: Flags, self: Command) => run(self, (context) => verify(context, name, flags)));
}

async function verify(context: CliContext, name: string, flags: Flags): Promise<CommandOutcome> {
  const request = verificationRequest({ ...flags, repository: name });
  const { repository, mode } = resolveVerification(request);
  const task = mode === 'Deep' ? CareTask.deepVerification : CareTask.quickVerification;
  return await executeRun<VerificationResult>(context, {
    wait: flags.wait !== false,
    render: renderVerification,
    start: {
      workflowType: VERIFY_REPOSITORY,
      workflowId: careId(task, flags.stowageNamespace, repository),
      request,
      summary: `${mode} verification of ${repository}`,
      details: 'Started by hand with `stowage verify`.',
      searchAttributes: { [SearchAttribute.repository]: repository },
    },
  });
}
