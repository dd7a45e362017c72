import type { V1Job } from '@kubernetes/client-node';
import { FailureType } from '../../workflows/failures.ts';
import type { PodStatus } from '../kubernetes/pod-status.ts';
import { PortError } from '../ports/port-error.ts';
import type { LogLanguage, LogTail } from './log-reader.ts';

/** Exit codes of a process that a signal ended: SIGKILL and SIGTERM. */
const KILLED = [137, 143];

/** Only Complete and Failed are final; the conditions before them are not. */
export const isFinishedJob = ({ status }: V1Job): boolean =>
  status?.conditions?.some(
    (condition) => condition.status === 'True' && (condition.type === 'Complete' || condition.type === 'Failed'),
  ) ?? false;

export interface EndOfMover {
  readonly language: Pick<LogLanguage<unknown>, 'classify'>;
  readonly tail: LogTail;
  readonly status: PodStatus | undefined;
  /** The pod (or its Job) is not there any more, or is on its way out. */
  readonly taken: boolean;
  readonly jobName: string;
}

/**
 * Why a mover ended without a result. What the cluster did to it goes before what it said: a Kopia that is told to stop
 * says all sorts of things. Pure.
 */
export function moverEnd({ language, tail, status, taken, jobName }: EndOfMover): PortError {
  const failure = status?.failure;
  if (failure?.type === FailureType.Evicted || failure?.type === FailureType.OutOfMemory) {
    return new PortError(failure.type, `mover ${jobName}: ${failure.message}`);
  }
  const killed = status?.exitCode !== undefined && KILLED.includes(status.exitCode);
  if (killed) {
    return new PortError(FailureType.Evicted, `mover ${jobName} was killed (exit code ${status.exitCode})`);
  }
  const removed = new PortError(
    FailureType.Evicted,
    `the pod of mover ${jobName} was removed before its result was read`,
  );
  if (taken && status?.state !== 'Failed') return removed;
  // The kubelet keeps the end of the log where the log itself is gone.
  const said = tail.empty ? failure?.message : tail.text;
  if (said !== undefined && (!tail.empty || language.classify(said).type !== FailureType.MoverFailed)) {
    const { type, message, retryable } = language.classify(said);
    // What a Kopia says that is told to stop is no reason of its own.
    if (taken && type === FailureType.MoverFailed) return removed;
    return new PortError(type, `mover ${jobName}: ${message}`, retryable === undefined ? {} : { retryable });
  }
  if (taken) return removed;
  if (failure) return new PortError(failure.type, `mover ${jobName}: ${failure.message}`);
  return new PortError(FailureType.MoverFailed, `mover ${jobName} ended and left neither a result nor a log`);
}
