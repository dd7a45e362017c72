import { ServiceError, type WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { PortError } from '../activities/ports/port-error.ts';
import type { OpenRun, RunRegistry } from '../activities/ports/run-registry.ts';
import { BACKUP_VOLUME, type RunReference } from '../workflows/backup/contract.ts';
import { FailureType } from '../workflows/failures.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { RESTORE_VOLUME } from '../workflows/restore/contract.ts';

type Describer = Pick<WorkflowClient, 'getHandle'>;
type Lister = Pick<WorkflowClient, 'list' | 'count'>;

const KINDS: Readonly<Record<string, OpenRun['kind']>> = { [BACKUP_VOLUME]: 'Backup', [RESTORE_VOLUME]: 'Restore' };

/** Which runs live, asked of Temporal. What it does not know (any more) has closed. */
export function createRunRegistry(client: Describer & Lister): RunRegistry {
  return {
    isOpen: async ({ workflowId, runId }) => (await describe(client, workflowId, runId))?.open ?? false,
    async openRun(workflowId) {
      const found = await describe(client, workflowId);
      return found?.open ? { workflowId, runId: found.runId } : undefined;
    },
    openRunsOnClaim: (namespace, claim) => listOpen(client, namespace, claim),
    countRestores: (repository) => countRestores(client, repository),
  };
}

async function listOpen(client: Lister, namespace: string, claim: string): Promise<OpenRun[]> {
  const types = Object.keys(KINDS).map((type) => `WorkflowType = '${type}'`);
  const query = [
    `(${types.join(' OR ')})`,
    `ExecutionStatus = 'Running'`,
    `${SearchAttribute.namespace} = ${quoted(namespace)}`,
    `${SearchAttribute.claim} = ${quoted(claim)}`,
  ].join(' AND ');
  const runs: OpenRun[] = [];
  try {
    for await (const { workflowId, runId, type, startTime } of client.list({ query })) {
      const kind = KINDS[type];
      if (kind) runs.push({ workflowId, runId, kind, startedAt: startTime.getTime() });
    }
  } catch (cause) {
    throw new PortError(
      FailureType.ClusterUnreachable,
      `Temporal could not be asked which runs of ${namespace}/${claim} are open`,
      { cause },
    );
  }
  return runs;
}

async function countRestores(client: Lister, repository: string): Promise<number> {
  const query = `WorkflowType = '${RESTORE_VOLUME}' AND ExecutionStatus = 'Running' AND ${SearchAttribute.repository} = ${quoted(repository)}`;
  try {
    return (await client.count(query)).count;
  } catch (cause) {
    const message = `Temporal could not be asked which restores from ${repository} are open`;
    throw new PortError(FailureType.ClusterUnreachable, message, { cause });
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

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
