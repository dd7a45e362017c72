import type { Worker } from '@temporalio/worker';
import type { Verdict } from './health.ts';
import type { Logger } from './logging.ts';

/** Where a process stands, for its probes. */
export const Phase = {
  Starting: 'starting',
  Connecting: 'waiting for Temporal',
  Running: 'running',
  Draining: 'draining',
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export interface Lifecycle {
  /** Aborts with the first stop signal. */
  readonly stopping: AbortSignal;
  enter(phase: Phase): void;
  live(): Verdict;
  /** `probe` is asked only while the worker runs. */
  ready(probe: () => Promise<void>): Promise<Verdict>;
  /**
   * Runs a worker until it has drained after the first stop signal.
   * @throws what ended the worker when no signal did.
   */
  run(worker: RunnableWorker): Promise<void>;
}

export type RunnableWorker = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

export interface StopSignals {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface LifecycleOptions {
  readonly log: Logger;
  readonly signals: StopSignals;
  /** Ends the process at once: for the second signal. */
  readonly exit: (code: number) => void;
}

/** What a shell reports for a process that a signal ended: 128 and its number. */
const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** The first SIGTERM or SIGINT drains, the second stops at once. */
export function createLifecycle({ log, signals, exit }: LifecycleOptions): Lifecycle {
  const stop = new AbortController();
  let phase: Phase = Phase.Starting;
  let running: RunnableWorker | undefined;

  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      log.warn({ signal }, 'second signal: stopping at once');
      exit(EXIT_CODES[signal] ?? 1);
      return;
    }
    log.info({ signal, phase }, 'stopping: no new work is taken, what runs may end');
    phase = Phase.Draining;
    stop.abort(new Error(`stopped by ${signal}`));
    if (running?.getState() === 'RUNNING') running.shutdown();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) signals.on(signal, onSignal);

  return {
    stopping: stop.signal,
    enter(next) {
      if (phase !== Phase.Draining) phase = next;
    },
    live: () =>
      running?.getState() === 'FAILED' ? { ok: false, reason: 'the worker failed, see its log' } : { ok: true },
    async ready(probe) {
      if (phase !== Phase.Running || running?.getState() !== 'RUNNING') return { ok: false, reason: phase };
      try {
        await probe();
        return { ok: true };
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : 'the probe failed' };
      }
    },
    async run(worker) {
      if (stop.signal.aborted) return;
      running = worker;
      const ended = worker.run();
      phase = Phase.Running;
      await ended;
    },
  };
}
