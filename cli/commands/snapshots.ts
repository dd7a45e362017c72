import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { resolveSnapshots } from '../../api/snapshots-request.ts';
import { SearchAttribute } from '../../workflows/progress.ts';
import { LIST_SNAPSHOTS, type ListSnapshotsResult } from '../../workflows/repository/contract.ts';
import type { CliContext, CommandOutcome } from '../context.ts';
import { findDeclared } from '../declared.ts';
import { ExitCode, exitCodeHelp } from '../exit-codes.ts';
import { followRun } from '../follow.ts';
import { runLink } from '../links.ts';
import { renderFailure } from '../output/run.ts';
import { renderSnapshots } from '../output/snapshots.ts';
import { snapshotsRequest, type VolumeFlags } from '../requests.ts';
import { startRun } from '../start.ts';
import { addVolumeOptions, type RunCommand } from './volume-options.ts';

const HELP = `
Examples:
  stowage snapshots app-config -n demo
  stowage snapshots app-config -n demo --json | jq -r '.snapshots[0].id'

${exitCodeHelp(['RepositoryNotFound', 'RepositoryChanged', 'WrongPassword', 'RepositoryUnreachable'], ['detach'])}`;

export function addSnapshotsCommand(program: Command, run: RunCommand): void {
  addVolumeOptions(program.command('snapshots').description('list the snapshots of an application volume'))
    .addHelpText('after', HELP)
    .action((claim: string, flags: VolumeFlags, self: Command) =>
      run(self, (context) => listSnapshots(context, claim, flags)),
    );
}

async function listSnapshots(context: CliContext, claim: string, flags: VolumeFlags): Promise<CommandOutcome> {
  const client = await context.temporal();
  const declared = await findDeclared(client, { claim, ...flags });
  const request = snapshotsRequest(claim, flags, declared?.request);
  const { namespace, repository } = resolveSnapshots(request);
  const run = await startRun(client, {
    workflowType: LIST_SNAPSHOTS,
    // An id of its own: two people who look at the same time may ask for different identities.
    workflowId: `snapshots/${namespace}/${claim}/${randomUUID()}`,
    request,
    summary: `Snapshots of ${namespace}/${claim} in ${repository}`,
    details: 'Started by hand with `stowage snapshots`; changes nothing.',
    searchAttributes: {
      [SearchAttribute.namespace]: namespace,
      [SearchAttribute.claim]: claim,
      [SearchAttribute.repository]: repository,
    },
  });
  const { colors } = context.output;
  const end = await followRun(context, run);
  if (end.kind === 'Detached') return { json: { outcome: 'Detached' }, text: 'Detached.', exitCode: ExitCode.Detached };
  if (end.kind === 'Failed') {
    const { exitCode, outcome, ...failure } = end.failure;
    const text = renderFailure(colors, end.failure, runLink(context.config, run));
    return { json: { outcome, failure, exitCode }, text, exitCode };
  }
  const result = end.result as ListSnapshotsResult;
  return { json: result, text: renderSnapshots(colors, result, context.now()) };
}
