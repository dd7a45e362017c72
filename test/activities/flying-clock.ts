import { setImmediate as settle } from 'node:timers/promises';
import type { Clock } from '../../activities/ports/clock.ts';

/** Rounds of the event loop after which everything that is not waiting for time has happened. */
const ROUNDS = 12;

/** Time that passes only while {@link FlyingClock.until} runs, and then as fast as everything else allows. */
export class FlyingClock implements Clock {
  /** From the real time on: objects of the in-memory cluster bear it. */
  #now = Date.now();
  #sleepers: { at: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#now + milliseconds, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** The machine stands still so long: nothing wakes at its time, and everything that was due wakes afterwards. */
  standStill(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Lets time pass until `work` has ended. Throws when it has not after `limitSeconds` of this time. */
  async until<T>(work: Promise<T>, limitSeconds = 24 * 3600): Promise<T> {
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    work.then(end, end);
    const limit = this.#now + limitSeconds * 1000;
    for (;;) {
      for (let round = 0; round < ROUNDS && !ended; round++) await settle();
      if (ended) return await work;
      const next = this.#sleepers.sort((a, b) => a.at - b.at)[0];
      if (!next) continue;
      if (next.at > limit) throw new Error(`still not done after ${limitSeconds} s of the test's time`);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
