import type { Command } from 'commander';
import { AccessMode } from '../../api/kubernetes-values.ts';
import { type RestoreRequest, resolveRestore } from '../../api/restore-request.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { RESTORE_VOLUME, type RestoreVolumeResult, restoreWorkflowId } from '../../workflows/restore/contract.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { findDeclared } from '../declared.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderRestore } from '../output/run.ts';
import { type RestoreFlags, restoreRequest } from '../requests.ts';
import type { StartOptions } from '../start.ts';
import {
  addRepositoryOptions,
  addSnapshotOptions,
  addVolumeOptions,
  addWaitOption,
  choice,
  collect,
  type RunCommand,
} from './volume-options.ts';

interface Flags extends RestoreFlags {
  readonly wait?: boolean;
}

const HELP = `
A claim that exists is never written: then nothing happens, the answer says so, and the exit code is 0.
What was backed up is compared with what was restored before the volume gets its name.

Examples:
  stowage restore app-config -n demo
  stowage restore app-config -n demo --as-of 2026-11-23T12:00:00Z
  stowage restore app-config -n demo --previous 1
  stowage restore app-config -n demo --snapshot 0123456789abcdef0123456789abcdef
  stowage restore app-config -n demo --when-no-snapshot Empty --capacity 10Gi

${exitCodeHelp(['SnapshotNotFound', 'RestoreMismatch', 'TargetExists', 'WrongPassword', 'RepositoryNotFound'], ['detach'])}`;

export function addRestoreCommand(program: Command, run: RunCommand): void {
  const command = program.command('restore').description('bring a missing application volume back');
  addWaitOption(addSnapshotOptions(addRepositoryOptions(addVolumeOptions(command))))
    .addOption(
      choice(
        '--access-mode <mode>',
        'of the new claim; several times for several',
        Object.values(AccessMode),
      ).argParser(collect),
    )
    .addOption(
      choice('--when-no-snapshot <what>', 'nothing under this identity: fail, or a first, empty volume', [
        'Fail',
        'Empty',
      ]),
    )
    .addHelpText('after', HELP)
    .action((claim: string, flags: Flags, self: Command) => run(self, (context) => restore(context, claim, flags)));
}

async function restore(context: CliContext, claim: string, flags: Flags): Promise<CommandOutcome> {
  const declared = await findDeclared(await context.temporal(), { claim, ...flags });
  const request = restoreRequest(claim, flags, declared?.request);
  if (declared) context.output.note(`Repository and identity as declared by schedule ${declared.scheduleId}`);
  return await executeRun<RestoreVolumeResult>(context, {
    start: restoreStart(request),
    wait: flags.wait !== false,
    render: renderRestore,
  });
}

function restoreStart(request: RestoreRequest): StartOptions {
  const { namespace, claim, repository } = resolveRestore(request);
  return {
    workflowType: RESTORE_VOLUME,
    workflowId: restoreWorkflowId(namespace, claim),
    request,
    summary: `Restore of ${namespace}/${claim} from ${repository}`,
    details: 'Started by hand with `stowage restore`.',
    searchAttributes: {
      [SearchAttribute.namespace]: namespace,
      [SearchAttribute.claim]: claim,
      [SearchAttribute.repository]: repository,
    },
  };
}
