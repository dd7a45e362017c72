import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { defaultSourceName } from '../../api/names.ts';
import { BACKUP_VOLUME, type BackupVolumeResult, backupWorkflowId } from '../../workflows/backup/contract.ts';
import { INIT_REPOSITORY, type InitRepositoryResult } from '../../workflows/repository/contract.ts';
import { RESTORE_VOLUME, type RestoreVolumeResult, restoreWorkflowId } from '../../workflows/restore/contract.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { findDeclared } from '../declared.ts';
import { UsageError } from '../errors.ts';
import { endOf } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { runLink } from '../links.ts';
import type { Colors } from '../output/output.ts';
import { renderBackup, renderInit, renderRestore } from '../output/run.ts';
import { type ListedRun, lastRunOf, openRunsOf } from '../runs.ts';
import type { RunCommand } from './volume-options.ts';

interface Flags {
  readonly namespace?: string;
  readonly source?: string;
  readonly workflowId?: string;
}

const HELP = `
Follows what is under way for a claim, a restore before a backup; Ctrl-C leaves it running.
With nothing under way it tells how the newest run ended, with that run's exit code.

Examples:
  stowage watch app-config -n demo
  stowage watch --workflow-id restore/demo/app-config

${exitCodeHelp([], ['detach'])}
and those of the run that is watched.`;

export function addWatchCommand(program: Command, run: RunCommand): void {
  program
    .command('watch')
    .description('follow a run that is under way')
    .argument('[claim]', 'the application volume: name of its claim (PVC)')
    .option('-n, --namespace <namespace>', 'namespace of the claim')
    .option('--source <name>', 'ReplicationSource of the claim')
    .option('--workflow-id <id>', 'exactly this run')
    .addHelpText('after', HELP)
    .action((claim: string | undefined, flags: Flags, self: Command) =>
      run(self, (context) => watch(context, claim, flags)),
    );
}

async function watch(context: CliContext, claim: string | undefined, flags: Flags): Promise<CommandOutcome> {
  const client = await context.temporal();
  const ids = await watchedIds(client, claim, flags);
  const found = await firstRun(client, ids);
  if (!found) {
    return { json: { outcome: 'NotFound', workflowIds: ids }, text: `Temporal knows no run of ${ids.join(' or ')}.` };
  }
  const link = runLink(context.config, found);
  context.output.note(
    `${found.status === 'RUNNING' ? 'Watching' : 'Nothing is under way; the newest run was'} ${found.workflowId}`,
  );
  if (link) context.output.note(context.output.colors.dim(link));
  const run = { workflowId: found.workflowId, runId: found.runId, joined: true };
  return await endOf(context, run, (colors, result) => renderEnd(colors, found.workflowType, result));
}

async function watchedIds(client: Client, claim: string | undefined, flags: Flags): Promise<string[]> {
  const { namespace, source, workflowId } = flags;
  if (workflowId !== undefined) return [workflowId];
  if (claim === undefined || namespace === undefined) {
    throw new UsageError(
      'watch needs a claim and its namespace, or --workflow-id',
      'Write `stowage watch CLAIM -n NAMESPACE`.',
    );
  }
  const declared = await findDeclared(client, { claim, namespace, ...(source !== undefined && { source }) });
  const name = source ?? declared?.source ?? defaultSourceName(claim);
  return [restoreWorkflowId(namespace, claim), backupWorkflowId(namespace, name)];
}

async function firstRun(client: Client, ids: readonly string[]): Promise<ListedRun | undefined> {
  for (const id of ids) {
    const [open] = await openRunsOf(client, id);
    if (open) return open;
  }
  const last = await Promise.all(ids.map((id) => lastRunOf(client, id)));
  return last
    .filter((run) => run !== undefined)
    .sort((a, b) => b.startTime.getTime() - a.startTime.getTime())
    .at(0);
}

function renderEnd(colors: Colors, workflowType: string, result: unknown): string {
  switch (workflowType) {
    case BACKUP_VOLUME:
      return renderBackup(colors, result as BackupVolumeResult);
    case RESTORE_VOLUME:
      return renderRestore(colors, result as RestoreVolumeResult);
    case INIT_REPOSITORY:
      return renderInit(colors, result as InitRepositoryResult);
    default:
      return `${workflowType} is done.`;
  }
}
