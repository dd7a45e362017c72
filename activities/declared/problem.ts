import type { InvalidField } from '../../api/invalid.ts';
import { FailureType } from '../../workflows/failures.ts';
import { PortError } from '../ports/port-error.ts';

/** Why a declared object can't be acted on: a word for scripts, a sentence that names the field and the remedy. */
export interface Problem {
  /** A FailureType, or one of {@link HoldReason}. */
  readonly reason: string;
  readonly message: string;
}

/** Reasons that are no failures of a run. */
export const HoldReason = {
  volumeConflict: 'VolumeConflict',
  awaitingAdoption: 'AwaitingAdoption',
  paused: 'Paused',
  neverBackedUp: 'NeverBackedUp',
} as const;

export const invalidSpec = (problems: readonly InvalidField[]): Problem => ({
  reason: 'InvalidSpec',
  message: problems.map(({ field, message }) => `${field}: ${message}`).join('; '),
});

/**
 * An error that concerns one object alone (a namespace whose Secrets may not be read) is that object's problem; the others go
 * on; so does a defect of ours. Throws it again when the cluster or Temporal is away.
 */
export function ownProblem(error: unknown): Problem {
  if (!(error instanceof PortError)) return { reason: 'InternalError', message: String(error) };
  if (error.type === FailureType.ClusterUnreachable) throw error;
  return { reason: error.type, message: error.message };
}
