import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { isRunOf } from '../schedules/ids.ts';

/** A run as Temporal lists it. */
export interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly status: string;
  readonly startTime: Date;
  readonly closeTime?: Date;
}

/** Most recent runs that are looked at; a source's own are among the newest with its prefix. */
const LOOKED_AT = 200;

/**
 * Open runs of a schedule or workflow id, started by hand or by a tick, newest first. The list lags a moment behind, so each
 * is asked itself: joining a run that ended just now would pass an older backup off as a new one.
 */
export async function openRunsOf(client: Client, id: string): Promise<ListedRun[]> {
  const runs = await listRuns(client, `ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '${quoted(id)}'`);
  const open = await Promise.all(
    runs
      .filter(({ workflowId }) => isRunOf(workflowId, id))
      .map(async (run) => {
        const { status } = await client.workflow.getHandle(run.workflowId, run.runId).describe();
        return status.name === 'RUNNING' ? [run] : [];
      }),
  );
  return open.flat();
}

/** The newest run of an id, open or closed. */
export async function lastRunOf(client: Client, id: string): Promise<ListedRun | undefined> {
  const runs = await listRuns(client, `WorkflowId STARTS_WITH '${quoted(id)}'`);
  return runs.find(({ workflowId }) => isRunOf(workflowId, id));
}

/** Open runs of these workflow types, newest first. */
export async function openRunsOfTypes(client: Client, types: readonly string[]): Promise<ListedRun[]> {
  const names = types.map((type) => `'${quoted(type)}'`).join(', ');
  return await listRuns(client, `ExecutionStatus = 'Running' AND WorkflowType IN (${names})`);
}

async function listRuns(client: Client, query: string): Promise<ListedRun[]> {
  const runs: ListedRun[] = [];
  for await (const info of client.workflow.list({ query, pageSize: LOOKED_AT })) {
    runs.push(listedRun(info));
    if (runs.length >= LOOKED_AT) break;
  }
  return runs.sort((a, b) => b.startTime.getTime() - a.startTime.getTime());
}

const listedRun = (info: WorkflowExecutionInfo): ListedRun => ({
  workflowId: info.workflowId,
  runId: info.runId,
  workflowType: info.type,
  status: info.status.name,
  startTime: info.startTime,
  ...(info.closeTime && { closeTime: info.closeTime }),
});

const quoted = (text: string): string => text.replace(/'/g, "''");
