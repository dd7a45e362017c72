import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { resolveSnapshots, type SnapshotsRequest } from '../../api/snapshots-request.ts';
import { besideRepository, PriorityKey, quickCall } from '../activity-options.ts';
import { FailureType } from '../failures.ts';
import { endingFailure, failRun, parseInput } from '../run-failure.ts';
import { trackRun } from '../run-tracker.ts';
import type { ListSnapshotsResult, RepositoryActivities, RepositoryRecordActivities } from './contract.ts';

/** Seconds before a list gives up on the cluster: a person is waiting. */
const LIST_SECONDS = 60;

/** The snapshots of one application volume, read beside the repository; changes nothing. */
export async function listSnapshots(input: SnapshotsRequest): Promise<ListSnapshotsResult> {
  const request = parseInput(resolveSnapshots, input);
  const { repository, identity } = request;
  const tracker = trackRun({ title: `Snapshots of ${request.namespace}/${request.claim}`, ...request });
  const urgency = { priorityKey: PriorityKey.restore, fairnessKey: request.namespace };
  const records = proxyLocalActivities<RepositoryRecordActivities>(quickCall(`Record of ${repository}`, LIST_SECONDS));
  const beside = proxyActivities<RepositoryActivities>(besideRepository(`List in ${repository}`, urgency, repository));
  try {
    const { uniqueId } = await tracker.phase('ReadRecord', () => records.readRepositoryRecord({ repository }));
    if (!uniqueId) throw failRun(FailureType.RepositoryNotFound, `repository ${repository} was never initialised`);
    const result = await tracker.phase('List', () =>
      beside.listRepositorySnapshots({ repository, identity, expectedUniqueId: uniqueId }),
    );
    tracker.finish('Succeeded');
    return result;
  } catch (error) {
    tracker.failed(error);
    throw endingFailure(error);
  }
}
