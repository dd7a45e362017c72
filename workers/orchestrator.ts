import { type Client, ScheduleNotFoundError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { LastRun, Orchestrator } from '../activities/ports/orchestrator.ts';
import { PortError } from '../activities/ports/port-error.ts';
import { resolveBackup } from '../api/backup-request.ts';
import { resolveRestore } from '../api/restore-request.ts';
import { DEFAULT_REPOSITORY } from '../api/volume-request.ts';
import { readSchedule } from '../schedules/current.ts';
import { scheduleId } from '../schedules/ids.ts';
import { attributePairs } from '../schedules/temporal-options.ts';
import { BACKUP_VOLUME, backupWorkflowId } from '../workflows/backup/contract.ts';
import { declaredMaintenanceId, MAINTAIN_REPOSITORY } from '../workflows/care/contract.ts';
import { FailureType } from '../workflows/failures.ts';
import { SearchAttribute } from '../workflows/progress.ts';
import { RESTORE_VOLUME, restoreWorkflowId } from '../workflows/restore/contract.ts';
import { CONTROL_QUEUE } from '../workflows/task-queues.ts';
import { syncCare, syncDrills, syncMaintenance } from './care-sync.ts';
import { syncSchedules } from './schedule-sync.ts';

/** Memo key of what the watch started a run for; without it a person started the run. */
const ATTEMPT_KEY = 'stowage.dev/attempt';

/** What the watch of declared objects asks of Temporal, on its client. */
export function createOrchestrator(client: Client): Orchestrator {
  return {
    syncSchedules: (sources, complete) => asking(() => syncSchedules(client.schedule, sources, complete)),
    syncCare: (repositories) => asking(() => syncCare(client.schedule, repositories)),
    syncDrills: (sources, repositories) => asking(() => syncDrills(client.schedule, sources, repositories)),
    syncMaintenance: (wanted, keep) => asking(() => syncMaintenance(client.schedule, wanted, keep)),
    deleteSchedule: ({ namespace, name }) => asking(() => deleteOwnSchedule(client, scheduleId(namespace, name))),
    triggerSchedule: ({ namespace, name }) => asking(() => trigger(client, scheduleId(namespace, name))),
    startBackup: (request, attempt) => {
      const { namespace, claim, source, repository } = resolveBackup(request);
      const summary = `Backup of ${namespace}/${claim} to ${repository}`;
      const run = {
        type: BACKUP_VOLUME,
        id: backupWorkflowId(namespace, source),
        namespace,
        claim,
        repository,
        summary,
      };
      return asking(() => start(client, run, request, attempt));
    },
    startRestore: (request, attempt) => {
      const { namespace, claim, repository } = resolveRestore(request);
      const summary = `Restore of ${namespace}/${claim} from ${repository}`;
      const run = {
        type: RESTORE_VOLUME,
        id: restoreWorkflowId(namespace, claim),
        namespace,
        claim,
        repository,
        summary,
      };
      return asking(() => start(client, run, request, attempt));
    },
    startMaintenance: (request, attempt) => {
      const { repository, declaredBy } = request;
      const { namespace, name } = declaredBy;
      const summary = `Maintenance of ${repository ?? DEFAULT_REPOSITORY}, declared by ${namespace}/${name}`;
      const run = { type: MAINTAIN_REPOSITORY, id: declaredMaintenanceId(namespace, name), namespace, summary };
      return asking(() => start(client, { ...run, repository: repository ?? DEFAULT_REPOSITORY }, request, attempt));
    },
    lastRun: (workflowId) => asking(() => readLastRun(client, workflowId)),
    cancelRun: (workflowId) =>
      asking(async () => {
        const last = await readLastRun(client, workflowId);
        if (last?.state === 'Open' && last.attempt !== undefined)
          await ignoring(WorkflowNotFoundError, client.workflow.getHandle(workflowId, last.runId).cancel());
      }),
  };
}

interface WatchedRun {
  readonly type: string;
  readonly id: string;
  readonly namespace: string;
  readonly claim?: string;
  readonly repository: string;
  readonly summary: string;
}

/** Starts a run or joins the one under way: reuse and conflict policies as in decision 6. */
async function start(client: Client, run: WatchedRun, request: unknown, attempt: string): Promise<void> {
  await client.workflow.start(run.type, {
    workflowId: run.id,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: CONTROL_QUEUE,
    args: [request],
    memo: { [ATTEMPT_KEY]: attempt },
    staticSummary: run.summary,
    staticDetails: 'Started by the watch of declared objects.',
    typedSearchAttributes: attributePairs({
      [SearchAttribute.namespace]: run.namespace,
      ...(run.claim === undefined ? {} : { [SearchAttribute.claim]: run.claim }),
      [SearchAttribute.repository]: run.repository,
    }),
  });
}

async function readLastRun(client: Client, workflowId: string): Promise<LastRun | undefined> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    const { runId, status, memo, closeTime } = await handle.describe();
    const attempt = memo?.[ATTEMPT_KEY];
    const base = { runId, ...(typeof attempt === 'string' ? { attempt } : {}) };
    const closed = closeTime ? { closedAt: closeTime.getTime() } : {};
    switch (status.name) {
      case 'RUNNING':
      case 'PAUSED':
        return { ...base, state: 'Open' };
      case 'COMPLETED':
        return { ...base, ...closed, state: 'Completed' };
      case 'CANCELLED':
        return { ...base, ...closed, state: 'Canceled' };
      default:
        return { ...base, ...closed, state: 'Failed', ...(await failureTypeOf(client, workflowId, runId)) };
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The type stands in the run's result, which for a closed run is there at once. */
async function failureTypeOf(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<{ readonly failureType?: string }> {
  try {
    await client.workflow.getHandle(workflowId, runId).result();
    return {};
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof ApplicationFailure && cause.type ? { failureType: cause.type } : {};
  }
}

/** A schedule that somebody paused, or whose run is open, is left alone. */
async function trigger(client: Client, id: string): Promise<void> {
  const handle = client.schedule.getHandle(id);
  // One that a person deleted comes back with the next comparison.
  const found = await ignoring(ScheduleNotFoundError, handle.describe());
  if (!found) return;
  const { state, info } = found;
  if (!state.paused && info.runningActions.length === 0) await handle.trigger('SKIP');
}

async function deleteOwnSchedule(client: Client, id: string): Promise<void> {
  const found = await readSchedule(client.schedule, id);
  if (!found?.owned) return;
  await ignoring(ScheduleNotFoundError, client.schedule.getHandle(id).delete());
}

/** Temporal's silence is one thing to the watch: it tries again. Anything else is a defect and keeps its name. */
async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof ServiceError) && !isGrpcError(cause)) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new PortError(FailureType.ClusterUnreachable, `Temporal does not answer the watch: ${text}`, { cause });
  }
}

const isGrpcError = (error: unknown): boolean => typeof (error as { code?: unknown } | undefined)?.code === 'number';

/** Undefined where the thing went in the meantime. */
async function ignoring<T>(gone: new (...args: never[]) => Error, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof gone) return undefined;
    throw error;
  }
}
