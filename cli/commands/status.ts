import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { isBackupId, isOwned } from '../../schedules/ids.ts';
import { BACKUP_VOLUME } from '../../workflows/backup/contract.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { RESTORE_VOLUME } from '../../workflows/restore/contract.ts';
import type { ClaimView } from '../cluster.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { CommandError, UsageError } from '../errors.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { renderStatus, renderVolume } from '../output/status.ts';
import { openRunsOfTypes } from '../runs.ts';
import { joinStatus, type ListedSchedule, type VolumeStatus } from '../volume-status.ts';
import type { RunCommand } from './volume-options.ts';

interface Flags {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

const HELP = `
Joins what Temporal knows (schedules, open runs) with what stands on the claims. It reads both and changes nothing.

Examples:
  stowage status -A
  stowage status -n demo
  stowage status app-config -n demo --json

${exitCodeHelp([])}`;

export function addStatusCommand(program: Command, run: RunCommand): void {
  program
    .command('status')
    .description('show schedules, last backups and open runs')
    .argument('[claim]', 'one application volume in detail')
    .option('-n, --namespace <namespace>', 'namespace of the claims')
    .option('-A, --all-namespaces', 'all namespaces')
    .addHelpText('after', HELP)
    .action((claim: string | undefined, flags: Flags, self: Command) =>
      run(self, (context) => status(context, claim, flags)),
    );
}

async function status(context: CliContext, claim: string | undefined, flags: Flags): Promise<CommandOutcome> {
  const { namespace } = flags;
  if (namespace === undefined && (claim !== undefined || !flags.allNamespaces)) {
    throw new UsageError('status needs a namespace', 'Write -n NAMESPACE, or -A for all without a claim.');
  }
  const client = await context.temporal();
  const [schedules, runs, claims] = await Promise.all([
    listSchedules(client),
    openRunsOfTypes(client, [BACKUP_VOLUME, RESTORE_VOLUME]),
    readClaims(context, namespace),
  ]);
  for (const line of await missingAttributes(client)) context.output.note(context.output.colors.yellow(line));
  const volumes = joinStatus({ schedules, runs, ...(claims && { claims }) }).filter(
    (volume) =>
      (namespace === undefined || volume.namespace === namespace) && (claim === undefined || volume.claim === claim),
  );
  const { colors } = context.output;
  if (claim === undefined) return { json: { volumes }, text: renderStatus(colors, volumes, context.now()) };
  const [volume] = volumes;
  if (!volume) {
    const text = `Neither Temporal nor the cluster knows ${namespace}/${claim}.`;
    return { json: { volumes: [] }, text, exitCode: ExitCode.Failed };
  }
  return { json: volume satisfies VolumeStatus, text: renderVolume(colors, volume, context.now()) };
}

/** A cluster that can't be read leaves its columns empty: what Temporal knows is worth seeing all the same. */
async function readClaims(context: CliContext, namespace: string | undefined): Promise<ClaimView[] | undefined> {
  try {
    const cluster = await context.cluster();
    return await cluster.claims(namespace);
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode === ExitCode.Usage) throw error;
    context.output.note(
      context.output.colors.yellow(`cluster: ${error.message}${error.remedy ? `; ${error.remedy}` : ''}`),
    );
    return undefined;
  }
}

async function listSchedules(client: Client): Promise<ListedSchedule[]> {
  const listed: ListedSchedule[] = [];
  for await (const { scheduleId, memo, state, info, typedSearchAttributes } of client.schedule.list()) {
    if (!isOwned(memo) || !isBackupId(scheduleId)) continue;
    const attributes = new Map(typedSearchAttributes?.getAll().map(({ key, value }) => [key.name, String(value)]));
    const next = info.nextActionTimes[0];
    listed.push({
      scheduleId,
      namespace: attributes.get(SearchAttribute.namespace) ?? '',
      claim: attributes.get(SearchAttribute.claim) ?? '',
      paused: state.paused,
      note: state.note ?? '',
      ...(next && !state.paused && { next: next.toISOString() }),
    });
  }
  return listed;
}

/** Runs can't be found, and workflows can't start, where the attributes are not registered. */
async function missingAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SearchAttribute).filter((name) => !(name in (customAttributes ?? {})));
  return missing.length === 0
    ? []
    : [`search attributes are not registered in Temporal: ${missing.join(', ')} (type Keyword)`];
}
