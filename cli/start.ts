import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { attributePairs } from '../schedules/temporal-options.ts';
import type { RunReference } from '../workflows/backup/contract.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';

export interface StartOptions {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly request: unknown;
  /** One line, and Markdown, for the Temporal UI. */
  readonly summary: string;
  readonly details: string;
  readonly searchAttributes: Readonly<Record<string, string>>;
}

export interface StartedRun extends RunReference {
  /** A run was under way already; ours was not started, and its input is the other's. */
  readonly joined: boolean;
}

/** Memo key that tells our own start from a run that was there before. */
const START_KEY = 'stowage.dev/start';

/**
 * Starts a run, or joins the one that is under way under this id (conflict policy USE_EXISTING), so that fifty requests are
 * one run.
 *
 * The reuse policy is ALLOW_DUPLICATE, also for restores: with ALLOW_DUPLICATE_FAILED_ONLY a volume that was restored once
 * could not be restored after a second disaster as long as Temporal remembers the first. "Never twice" rests on the cluster
 * instead: the workflow looks for the claim first, and a claim that exists is never written (design.md, decision 9).
 */
export async function startRun(client: Client, options: StartOptions): Promise<StartedRun> {
  const token = randomUUID();
  const handle = await client.workflow.start(options.workflowType, {
    workflowId: options.workflowId,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: CONTROL_QUEUE,
    args: [options.request],
    memo: { [START_KEY]: token },
    staticSummary: options.summary,
    staticDetails: options.details,
    typedSearchAttributes: attributePairs(options.searchAttributes),
  });
  const runId = handle.firstExecutionRunId;
  const { memo } = await client.workflow.getHandle(options.workflowId, runId).describe();
  return { workflowId: options.workflowId, runId, joined: memo?.[START_KEY] !== token };
}
