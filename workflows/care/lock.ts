import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { careLockId, HOLD_REPOSITORY } from './contract.ts';

/** Seconds between two tries for a lock that another run holds; doubles up to the longest. */
const FIRST_PAUSE = 5;
const LONGEST_PAUSE = 120;

const releaseSignal = defineSignal('release');

/** The lock of one repository: this run is open for as long as `holder` works on it. Goes with its parent, however that ends. */
export async function holdRepository({ holder }: { readonly holder: string }): Promise<void> {
  let released = false;
  setHandler(releaseSignal, () => {
    released = true;
  });
  setCurrentDetails(
    `### Repository in use\n\nBy \`${holder}\`. Care of one repository is one after the other; this run ends with that one, and does nothing itself.`,
  );
  // The holder lets go; a cancel of the holder is not yet the end of its clean-up.
  await CancellationScope.nonCancellable(() => condition(() => released));
}

/**
 * Does `work` while no other run cares for this repository. Undefined when the lock could not be had within the patience
 * (seconds). It is a child run of a fixed id: Temporal's server itself keeps it single, and ends it with its parent.
 */
export async function withRepositoryLock<T>(
  repository: string,
  patienceSeconds: number,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const lock = await acquire(repository, patienceSeconds);
  if (!lock) return undefined;
  try {
    return await work();
  } finally {
    await CancellationScope.nonCancellable(() => release(lock));
  }
}

type Lock = ChildWorkflowHandle<typeof holdRepository>;

async function acquire(repository: string, patienceSeconds: number): Promise<Lock | undefined> {
  const { workflowId } = workflowInfo();
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await CancellationScope.nonCancellable(() =>
        startChild<typeof holdRepository>(HOLD_REPOSITORY, {
          workflowId: careLockId(repository),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          parentClosePolicy: ParentClosePolicy.TERMINATE,
          cancellationType: ChildWorkflowCancellationType.ABANDON,
          args: [{ holder: workflowId }],
          staticSummary: `Care of ${repository}: held by ${workflowId}`,
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (Date.now() + pause * 1000 > deadline) return undefined;
    await sleep(pause * 1000, { summary: `another run cares for ${repository}` });
  }
}

/** A lock that a person terminated is gone already. */
async function release(lock: Lock): Promise<void> {
  try {
    await lock.signal(releaseSignal);
    await lock.result();
  } catch {
    // Nothing is held any more either way.
  }
}
