import { randomUUID } from 'node:crypto';
import type { InspectRequest } from '../api/inspect-request.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { INSPECT_REPOSITORY, type InspectRepositoryResult } from '../workflows/repository/inspect-contract.ts';
import type { CliContext } from './context.ts';
import { CommandError } from './errors.ts';
import { ExitCode } from './exit-codes.ts';
import { followRun } from './follow.ts';
import { startRun } from './start.ts';

type Source = NonNullable<InspectRequest['sources']>[number];

/** The request's own bound is higher; a run's input stays small. */
const SOURCES_OF_RUN = 500;

/** Asks the worker beside the repository what it holds, and tries the sources' retention out. Throws CommandError. */
export async function inspect(
  context: CliContext,
  repository: string,
  sources: readonly Source[],
): Promise<InspectRepositoryResult> {
  const first = await inspectSome(context, repository, sources.slice(0, SOURCES_OF_RUN));
  const found = [...first.sources];
  for (let index = SOURCES_OF_RUN; index < sources.length; index += SOURCES_OF_RUN) {
    const part = await inspectSome(context, repository, sources.slice(index, index + SOURCES_OF_RUN));
    found.push(...part.sources);
  }
  return { ...first, sources: found };
}

async function inspectSome(
  context: CliContext,
  repository: string,
  sources: readonly Source[],
): Promise<InspectRepositoryResult> {
  const run = await startRun(await context.temporal(), {
    workflowType: INSPECT_REPOSITORY,
    // An id of its own: two people may ask about different sources at the same time.
    workflowId: `inspect/${repository}/${randomUUID()}`,
    request: { repository, sources: [...sources] } satisfies InspectRequest,
    summary: `Content of repository ${repository}`,
    details: 'Started by hand with `stowage adopt`; changes nothing.',
    searchAttributes: { [SearchAttribute.repository]: repository },
  });
  const end = await followRun(context, run);
  if (end.kind === 'Completed') return end.result as InspectRepositoryResult;
  if (end.kind === 'Detached')
    throw new CommandError('stopped waiting for the repository', { exitCode: ExitCode.Detached });
  const { type, message, remedy, exitCode } = end.failure;
  throw new CommandError(message, { ...(type && { type }), ...(remedy && { remedy }), exitCode });
}
