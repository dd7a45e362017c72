import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import type { ObjectRef } from '../ports/cluster.ts';
import { ApiError, isMissingObject, NetworkError, toPortError } from './api-errors.ts';
import { objectPath } from './kinds.ts';
import { LogPosition } from './log-position.ts';
import { withRetries } from './retry.ts';
import { readLines } from './streams.ts';
import type { Transport } from './transport.ts';
import type { Watcher } from './watch.ts';

export interface LogTiming {
  /** A connection without a line for this long is opened again, in case it is half open, milliseconds. */
  readonly idleMilliseconds: number;
  /** Without any working connection for this long following gives up, milliseconds. */
  readonly patienceMilliseconds: number;
}

export const defaultLogTiming: LogTiming = { idleMilliseconds: 300_000, patienceMilliseconds: 60_000 };

/** Longer lines come in pieces, characters. */
const MAX_LINE_LENGTH = 1024 * 1024;
const RETRY_MILLISECONDS = 500;

/** Follows logs of containers over one transport. */
export class LogFollower {
  readonly #transport: Transport;
  readonly #watcher: Watcher;
  readonly #timing: LogTiming;

  constructor(transport: Transport, watcher: Watcher, timing: LogTiming = defaultLogTiming) {
    this.#transport = transport;
    this.#watcher = watcher;
    this.#timing = timing;
  }

  /** See the port. Ends silently when `signal` aborts or the pod is gone. */
  async *follow(pod: ObjectRef, container: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    const position = new LogPosition();
    let failingSince: number | undefined;
    let endedBefore = false;
    while (!signal.aborted) {
      let lines = 0;
      try {
        for await (const line of this.#connection(pod, container, position, signal)) {
          const text = position.accept(line);
          if (text === undefined) continue;
          lines++;
          failingSince = undefined;
          yield text;
        }
        // A restarted kubelet ends the stream just as properly as an ended container does; asking once more tells them apart.
        if (endedBefore && lines === 0) return;
        endedBefore = true;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && isMissingObject(error)) return;
        endedBefore = false;
        if (isNotStarted(error)) {
          if (!(await this.#started(pod, container, signal))) return;
          continue;
        }
        failingSince ??= Date.now();
        if (!isPassing(error) || Date.now() - failingSince > this.#timing.patienceMilliseconds)
          throw toPortError(error, { verb: 'follow the log of', kind: 'Pod', target: pod });
        await sleep(RETRY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async *#connection(
    pod: ObjectRef,
    container: string,
    position: LogPosition,
    signal: AbortSignal,
  ): AsyncGenerator<string, void, undefined> {
    const sinceTime = position.resume();
    const query = { container, follow: 'true', timestamps: 'true', ...(sinceTime && { sinceTime }) };
    const path = objectPath('Pod', pod, 'log');
    // No deadline for the headers: they come with the first line, and a mover may be silent for long.
    const open = () => this.#transport.open({ method: 'GET', path, query, verb: 'log', kind: 'Pod' }, { signal });
    const response = await withRetries(open, { signal });
    yield* readLines(response, this.#timing.idleMilliseconds, MAX_LINE_LENGTH);
  }

  /** Waits for the container to start; false when its pod went away, or the signal aborted, before that. */
  async #started(pod: ObjectRef, container: string, signal: AbortSignal): Promise<boolean> {
    for await (const { type, object } of this.#watcher.watch('Pod', pod, signal)) {
      if (type === 'Gone') return false;
      if (hasStarted(object, container)) return true;
      if (object.status?.phase === 'Failed') return false;
    }
    return false;
  }
}

/** True once the container runs or has run: only then is there a log. */
export function hasStarted(pod: V1Pod, container: string): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const state = statuses.find(({ name }) => name === container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** The API server's 400 for a container that waits, or for a pod without a node. */
const isNotStarted = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.status.code === 400 &&
  /waiting to start|does not have a host assigned|is not available/.test(error.status.message);

const isPassing = (error: unknown): boolean =>
  error instanceof NetworkError ||
  (error instanceof ApiError && (error.status.code >= 500 || error.status.code === 429));
