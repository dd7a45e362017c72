import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { type InspectRequest, resolveInspect } from '../../api/inspect-request.ts';
import { besideRepository, PriorityKey, quickCall } from '../activity-options.ts';
import { FailureType } from '../failures.ts';
import { endingFailure, failRun, parseInput } from '../run-failure.ts';
import { trackRun } from '../run-tracker.ts';
import type { RepositoryActivities, RepositoryRecordActivities } from './contract.ts';
import type { InspectRepositoryResult } from './inspect-contract.ts';

/** Seconds before an inspection gives up on the cluster: a person is waiting. */
const RECORD_SECONDS = 60;

/** What a repository holds, and what declared retention would remove there; read beside the repository, changes nothing. */
export async function inspectRepository(input: InspectRequest): Promise<InspectRepositoryResult> {
  const { repository, sources } = parseInput(resolveInspect, input);
  const tracker = trackRun({ title: `Content of repository ${repository}`, repository });
  const urgency = { priorityKey: PriorityKey.restore, fairnessKey: repository };
  const records = proxyLocalActivities<RepositoryRecordActivities>(
    quickCall(`Record of ${repository}`, RECORD_SECONDS),
  );
  const beside = proxyActivities<RepositoryActivities>(besideRepository(`Inspect ${repository}`, urgency, repository));
  try {
    const { uniqueId, path } = await tracker.phase('ReadRecord', () => records.readRepositoryRecord({ repository }));
    if (!uniqueId) throw failRun(FailureType.RepositoryNotFound, `repository ${repository} was never initialised`);
    const content = await tracker.phase('Inspect', () =>
      beside.inspectContent({ repository, expectedUniqueId: uniqueId, sources }),
    );
    tracker.finish('Succeeded');
    return { repository, uniqueId, ...(path ? { path } : {}), ...content };
  } catch (error) {
    tracker.failed(error);
    throw endingFailure(error);
  }
}
