import type { Command } from 'commander';
import { type BackupRequest, CopyMethod, resolveBackup } from '../../api/backup-request.ts';
import { BACKUP_VOLUME, type BackupVolumeResult, backupWorkflowId } from '../../workflows/backup/contract.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { findDeclared } from '../declared.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderBackup } from '../output/run.ts';
import { type BackupFlags, backupRequest } from '../requests.ts';
import { openRunsOf } from '../runs.ts';
import type { StartedRun, StartOptions } from '../start.ts';
import { addRepositoryOptions, addVolumeOptions, addWaitOption, choice, type RunCommand } from './volume-options.ts';

interface Flags extends BackupFlags {
  readonly wait?: boolean;
}

const HELP = `
A claim that a schedule declares is backed up as declared (repository, retention, identity); flags change single things.
A backup that is under way, also a scheduled one, is joined and not doubled; an approval does not reach it any more.

Examples:
  stowage backup app-config -n demo
  stowage backup app-config -n demo --copy-method Direct --json
  stowage backup app-config -n demo --no-wait

${exitCodeHelp(['SourceMissing', 'SecretMissing', 'WrongPassword', 'RepositoryFull', 'SnapshotIncomplete', 'Suspicious'], ['detach'])}`;

export function addBackupCommand(program: Command, run: RunCommand): void {
  const command = program.command('backup').description('back up an application volume now, and prove it');
  addWaitOption(addRepositoryOptions(addVolumeOptions(command)))
    .addOption(
      choice(
        '--copy-method <method>',
        'how the data is held still (default: as declared, else Snapshot)',
        Object.values(CopyMethod),
      ),
    )
    .option('--storage-class <name>', "class of the point-in-time claim (default: the claim's own)")
    .option('--snapshot-class <name>', "VolumeSnapshotClass (default: the cluster's)")
    .option('--approve-retention', 'agree that a tighter retention removes existing snapshots')
    .option('--approve-shrink', 'agree that a source which suddenly shrank is meant to be that small')
    .addHelpText('after', HELP)
    .action((claim: string, flags: Flags, self: Command) => run(self, (context) => backup(context, claim, flags)));
}

async function backup(context: CliContext, claim: string, flags: Flags): Promise<CommandOutcome> {
  const client = await context.temporal();
  const declared = await findDeclared(client, { claim, ...flags });
  const request = backupRequest(claim, flags, declared?.request);
  if (declared) context.output.note(`As declared by schedule ${declared.scheduleId}`);
  const start = backupStart(request);
  const [open] = await openRunsOf(client, start.workflowId);
  if (open && (flags.approveShrink || flags.approveRetention)) {
    context.output.note('The run under way was started without your approval: give it again when that has ended');
  }
  const joined: StartedRun | undefined = open && { workflowId: open.workflowId, runId: open.runId, joined: true };
  return await executeRun<BackupVolumeResult>(context, {
    start,
    wait: flags.wait !== false,
    render: renderBackup,
    ...(joined && { joined }),
  });
}

/** How a backup of this request is started by hand. */
export function backupStart(request: BackupRequest): StartOptions {
  const { namespace, claim, source, repository } = resolveBackup(request);
  return {
    workflowType: BACKUP_VOLUME,
    workflowId: backupWorkflowId(namespace, source),
    request,
    summary: `Backup of ${namespace}/${claim} to ${repository}`,
    details: 'Started by hand with `stowage backup`.',
    searchAttributes: {
      [SearchAttribute.namespace]: namespace,
      [SearchAttribute.claim]: claim,
      [SearchAttribute.repository]: repository,
    },
  };
}
