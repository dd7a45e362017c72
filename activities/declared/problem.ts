import type { InvalidField } from '../../api/invalid.ts';

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
