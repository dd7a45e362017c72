import type { V1Job } from '@kubernetes/client-node';
import type { RunReference } from '../../workflows/backup/contract.ts';
import { PortError } from '../ports/port-error.ts';
import type { LogFailure, LogLanguage } from './log-reader.ts';
import { MOVER_CONTAINER } from './mover-job.ts';
import type { TransferWatch } from './transfer-watch.ts';

/** What is followed, and how its log is understood. */
export interface Followed<T> {
  readonly job: V1Job;
  readonly run: RunReference;
  readonly language: LogLanguage<T>;
  /** Left out for a mover without Kopia's metrics page. */
  readonly transfer: TransferWatch | undefined;
  /** Claims whose events explain a pod that does not start. */
  readonly claims: readonly string[];
}

export interface MoverTimes {
  /** Milliseconds since 1970 at which the container was first seen to have started. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How following ended. */
export type MoverEnd<T> =
  | { readonly type: 'Result'; readonly result: T; readonly times: MoverTimes }
  /** It ran and ended without a result, or was taken away. */
  | { readonly type: 'Ended'; readonly error: PortError; readonly endedBefore: boolean }
  /** It runs and can't succeed any more. */
  | { readonly type: 'Stuck'; readonly error: PortError; readonly podName: string }
  /** It does not start; its Job is kept. */
  | { readonly type: 'NotStarted'; readonly error: PortError };

/** The container whose log is read: the one that the Job has. */
export const followedContainer = ({ job }: Pick<Followed<unknown>, 'job'>): string =>
  job.spec?.template.spec?.containers[0]?.name ?? MOVER_CONTAINER;

/** What a log or a status tells, as it is thrown. */
export const portError = ({ type, message, retryable }: LogFailure): PortError =>
  new PortError(type, message, retryable === undefined ? {} : { retryable });
