import { ServiceError, type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { PortError } from '../activities/ports/port-error.ts';
import type { RunRegistry } from '../activities/ports/run-registry.ts';
import type { RunReference } from '../workflows/backup/contract.ts';
import { FailureType } from '../workflows/failures.ts';

type Describer = Pick<WorkflowClient, 'getHandle'>;

/** Which runs live, asked of Temporal. What it does not know (any more) has closed. */
export function createRunRegistry(client: Describer): RunRegistry {
  return {
    isOpen: async ({ workflowId, runId }) => (await describe(client, workflowId, runId))?.open ?? false,
    async openRun(workflowId) {
      const found = await describe(client, workflowId);
      return found?.open ? { workflowId, runId: found.runId } : undefined;
    },
  };
}

async function describe(
  client: Describer,
  workflowId: string,
  runId?: string,
): Promise<(Pick<RunReference, 'runId'> & { readonly open: boolean }) | undefined> {
  try {
    const found = await client.getHandle(workflowId, runId).describe();
    return { runId: found.runId, open: found.status.name === 'RUNNING' || found.status.name === 'PAUSED' };
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError || isUnusableId(cause)) return undefined;
    throw new PortError(
      FailureType.ClusterUnreachable,
      `Temporal could not be asked whether run ${runId ?? ''} of '${workflowId}' is open`.replace('  ', ' '),
      { cause },
    );
  }
}

/** A run id that is no UUID was never Temporal's: an annotation that somebody wrote by hand. gRPC code 3 is INVALID_ARGUMENT. */
function isUnusableId(error: unknown): boolean {
  const code = error instanceof ServiceError ? (error.cause as { code?: unknown } | undefined)?.code : undefined;
  return code === 3;
}
