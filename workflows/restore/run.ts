import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import { formatIdentity } from '../../api/identity.ts';
import type { ResolvedRestore } from '../../api/restore-request.ts';
import type { RunTracker } from '../run-tracker.ts';
import { RestorePhase, type RestoreRecord, type RestoreStep, type RestoreVolumeResult } from './contract.ts';
import type { RestoreSteps } from './steps.ts';

export type Outcome = Omit<RestoreVolumeResult, 'phases' | 'identity'>;

/** One restore on its way. */
export interface RestoreRun {
  readonly request: ResolvedRestore;
  /** Complete once the start is recorded. */
  step: RestoreStep;
  readonly steps: RestoreSteps;
  readonly tracker: RunTracker;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Set from the moment the volume may carry its final name: clean-up then leaves it alone. */
  handedOver: boolean;
  /** The image that this run's one takes the place of. */
  replaced?: string;
}

export const identityOf = ({ request }: RestoreRun): string => formatIdentity(request.identity);

/** A step that ended well although it was cancelled must not lead to a volume that nobody wants any more. */
export function refuseCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('canceled before the handover');
}

/** Says on the declared destination that the run is under way, and learns whose events and images it makes. */
export async function recordStart(run: RestoreRun): Promise<void> {
  const startedAt = new Date(run.startedAt).toISOString();
  const { destinationUid } = await run.tracker.phase(RestorePhase.Start, () =>
    run.steps.recordStart({ ...run.step, startedAt }),
  );
  if (destinationUid) run.step = { ...run.step, destinationUid };
}

export async function recordEnd(
  run: RestoreRun,
  end: Omit<RestoreRecord, 'finishedAt' | 'durationSeconds'>,
): Promise<void> {
  const result: RestoreRecord = {
    ...end,
    finishedAt: new Date().toISOString(),
    durationSeconds: Math.round((Date.now() - run.startedAt) / 100) / 10,
  };
  await run.tracker.phase(RestorePhase.Record, () => run.steps.record({ ...run.step, result }));
}

export async function cleanUp(run: RestoreRun): Promise<void> {
  const { handedOver, replaced } = run;
  await run.tracker.phase(RestorePhase.CleanUp, () =>
    run.steps.cleanUp({ ...run.step, handedOver, ...(replaced ? { replaced } : {}) }),
  );
}
