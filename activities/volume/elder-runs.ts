import type { RunReference } from '../../workflows/backup/contract.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';
import type { OpenRun } from '../ports/run-registry.ts';

/**
 * Pure: the open runs that go before this one. Who started first goes first, so of two runs that see each other exactly one
 * waits; a run that is not in the list yet has only just started.
 */
export function elderRuns(open: readonly OpenRun[], run: RunReference): OpenRun[] {
  const own = open.find(({ runId }) => runId === run.runId);
  const before = (other: OpenRun): boolean =>
    own === undefined ||
    other.startedAt < own.startedAt ||
    (other.startedAt === own.startedAt && other.runId < own.runId);
  return open.filter((other) => other.runId !== run.runId && before(other));
}

/** Pure: whether the list knows both runs, and the other one as the later: then that one waits. */
export const isYounger = (other: RunReference, open: readonly OpenRun[], run: RunReference): boolean => {
  const known = (id: string): boolean => open.some(({ runId }) => runId === id);
  const elder = elderRuns(open, run).some(({ runId }) => runId === other.runId);
  return known(other.runId) && known(run.runId) && !elder;
};

/** Holds a run until those that go before it have ended. Throws VolumeBusy naming one. */
export function refuseOverlap(
  { namespace, claim }: { readonly namespace: string; readonly claim: string },
  [elder]: readonly OpenRun[],
): void {
  if (!elder) return;
  throw new PortError(
    FailureType.VolumeBusy,
    `another ${elder.kind.toLowerCase()} of ${namespace}/${claim} is under way (run ${elder.runId} of '${elder.workflowId}'): one volume, one operation at a time`,
  );
}
