import type { Command } from 'commander';
import { type DrillRequest, resolveDrill } from '../../api/drill-request.ts';
import { defaultSourceName } from '../../api/names.ts';
import { DRILL_VOLUME, type DrillVolumeResult, drillId } from '../../workflows/drill/contract.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { findDeclared, findDeclaredCheck } from '../declared.ts';
import { executeRun } from '../execute.ts';
import { exitCodeHelp } from '../exit-codes.ts';
import { renderDrill } from '../output/drills.ts';
import { type DrillFlags, drillRequest } from '../requests.ts';
import { openRunsOf } from '../runs.ts';
import type { StartOptions } from '../start.ts';
import {
  addRepositoryOptions,
  addSnapshotOptions,
  addVolumeOptions,
  addWaitOption,
  type RunCommand,
  wholeNumber,
} from './volume-options.ts';

interface Flags extends DrillFlags {
  readonly wait?: boolean;
}

const HELP = `
The application's own claim is never touched: the snapshot goes into a throw-away claim, is compared with the repository file by
file, and is removed. A check runs on it afterwards, as the mover's user and without the repository; exit code 0 means good.

Examples:
  stowage drill app-config -n demo
  stowage drill app-config -n demo --previous 1
  stowage drill app-config -n demo --check-image alpine/sqlite:3.48.0 \\
    --check-command 'test "$(sqlite3 /data/app.db "pragma integrity_check")" = ok'

${exitCodeHelp(['SnapshotNotFound', 'RestoreMismatch', 'CheckFailed', 'RepositoryCorrupt', 'WrongPassword'], ['detach'])}`;

export function addDrillCommand(program: Command, run: RunCommand): void {
  const command = program.command('drill').description('rehearse the restore of an application volume');
  addWaitOption(addSnapshotOptions(addRepositoryOptions(addVolumeOptions(command))))
    .option('--check-image <image>', 'image of a program that looks at the restored data (default: as declared)')
    .option('--check-command <line>', 'what it runs, a line for `sh -c`; the data is at /data')
    .option('--check-timeout <seconds>', 'how long it may run (default: 600)', wholeNumber)
    .addHelpText('after', HELP)
    .action((claim: string, flags: Flags, self: Command) => run(self, (context) => drill(context, claim, flags)));
}

async function drill(context: CliContext, claim: string, flags: Flags): Promise<CommandOutcome> {
  const client = await context.temporal();
  const declared = await findDeclared(client, { claim, ...flags });
  const source = flags.source ?? declared?.source ?? defaultSourceName(claim);
  const check = await findDeclaredCheck(client, { namespace: flags.namespace, source });
  const request = drillRequest(claim, flags, declared?.request, check);
  if (declared) context.output.note(`Repository and identity as declared by schedule ${declared.scheduleId}`);
  const start = drillStart(request);
  // Also one that a schedule started: two of one source would only wait for each other.
  const [open] = await openRunsOf(client, start.workflowId);
  return await executeRun<DrillVolumeResult>(context, {
    start,
    wait: flags.wait !== false,
    render: renderDrill,
    ...(open && { joined: { workflowId: open.workflowId, runId: open.runId, joined: true } }),
  });
}

function drillStart(request: DrillRequest): StartOptions {
  const { namespace, claim, source, repository } = resolveDrill(request).restore;
  return {
    workflowType: DRILL_VOLUME,
    workflowId: drillId(namespace, source),
    request,
    summary: `Drill of ${namespace}/${claim} from ${repository}`,
    details: 'Started by hand with `stowage drill`.',
    searchAttributes: {
      [SearchAttribute.namespace]: namespace,
      [SearchAttribute.claim]: claim,
      [SearchAttribute.repository]: repository,
    },
  };
}
