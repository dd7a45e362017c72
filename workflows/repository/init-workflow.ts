import { ApplicationFailure, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import { type InitRequest, type ResolvedInit, resolveInit } from '../../api/repository-request.ts';
import { besideRepository, PriorityKey, quickCall } from '../activity-options.ts';
import { FailureType } from '../failures.ts';
import { endingFailure, failRun, parseInput } from '../run-failure.ts';
import { type RunTracker, trackRun } from '../run-tracker.ts';
import type {
  InitRepositoryResult,
  RepositoryActivities,
  RepositoryRecord,
  RepositoryRecordActivities,
} from './contract.ts';

/** How long the record in the cluster may be out of reach before the run gives up, seconds. */
const RECORD_SECONDS = 300;

/**
 * The only thing that ever creates a repository. Refuses where one is; with `adopt` it makes the one that is there the
 * known one and creates nothing.
 */
export async function initRepository(input: InitRequest): Promise<InitRepositoryResult> {
  const request = parseInput(resolveInit, input);
  const tracker = trackRun({ title: `Repository ${request.repository}`, repository: request.repository });
  try {
    const result = request.adopt ? await adopt(request, tracker) : await create(request, tracker);
    tracker.note('unique id', result.uniqueId);
    tracker.finish(result.outcome);
    return result;
  } catch (error) {
    tracker.failed(error);
    throw endingFailure(error);
  }
}

function steps({ repository }: ResolvedInit) {
  const urgency = { priorityKey: PriorityKey.restore, fairnessKey: repository };
  return {
    records: proxyLocalActivities<RepositoryRecordActivities>(quickCall(`Record of ${repository}`, RECORD_SECONDS)),
    beside: proxyActivities<RepositoryActivities>(besideRepository(`Repository ${repository}`, urgency, repository)),
  };
}

async function create(request: ResolvedInit, tracker: RunTracker): Promise<InitRepositoryResult> {
  const { repository } = request;
  const { records, beside } = steps(request);
  const { runId } = workflowInfo();
  const known: RepositoryRecord = await tracker.phase('ReadRecord', () => records.readRepositoryRecord({ repository }));
  if (known.uniqueId) {
    throw failRun(
      FailureType.RepositoryExists,
      `repository ${repository} was initialised already (unique id ${known.uniqueId})`,
    );
  }
  await tracker.phase('RecordIntent', () => records.recordRepositoryIntent({ repository, runId }));
  const { uniqueId, location } = await tracker.phase('Create', () => beside.createRepository({ repository, runId }));
  const made = { repository, uniqueId, ...(location ? { location } : {}) };
  await tracker.phase('RecordIdentity', () => records.recordRepositoryIdentity({ ...made, runId, replace: false }));
  return { outcome: 'Created', ...made };
}

async function adopt(request: ResolvedInit, tracker: RunTracker): Promise<InitRepositoryResult> {
  const { repository } = request;
  const { records, beside } = steps(request);
  const { runId } = workflowInfo();
  const known = await tracker.phase('ReadRecord', () => records.readRepositoryRecord({ repository }));
  const { uniqueId, path, location } = await tracker.phase('Identify', () => beside.identifyRepository({ repository }));
  const found = { repository, uniqueId, ...(path ? { path } : {}), ...(location ? { location } : {}) };
  if (!uniqueId)
    throw ApplicationFailure.nonRetryable(`repository ${repository} has no unique id`, FailureType.RepositoryNotFound);
  if (known.uniqueId === uniqueId && known.path === path && known.location === location)
    return { outcome: 'AlreadyKnown', ...found };
  await tracker.phase('RecordIdentity', () => records.recordRepositoryIdentity({ ...found, runId, replace: true }));
  return { outcome: 'Adopted', ...found };
}
