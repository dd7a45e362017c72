import { EventEmitter } from 'node:events';
import type { State } from '@temporalio/worker';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createLifecycle, Phase, type RunnableWorker } from '../../workers/lifecycle.ts';

class FakeWorker implements RunnableWorker {
  state: State = 'INITIALIZED';
  shutdowns = 0;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  run = async (): Promise<void> => {
    this.state = 'RUNNING';
    await new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  };
  shutdown = (): void => {
    this.shutdowns += 1;
    this.state = 'DRAINING';
  };
  getState = (): State => this.state;
  drained = (): void => {
    this.state = 'STOPPED';
    this.#settle?.resolve();
  };
  fail = (error: Error): void => {
    this.state = 'FAILED';
    this.#settle?.reject(error);
  };
}

function setUp() {
  const signals = new EventEmitter();
  const exits: number[] = [];
  const lifecycle = createLifecycle({
    log: pino({ level: 'silent' }),
    signals: signals as unknown as NodeJS.Process,
    exit: (code) => exits.push(code),
  });
  return { lifecycle, exits, worker: new FakeWorker(), send: (signal: string) => signals.emit(signal, signal) };
}

const passes = async (): Promise<void> => undefined;

describe('the life of a worker', () => {
  it('is ready only while it runs and its probe passes', async () => {
    const { lifecycle, worker } = setUp();
    expect(await lifecycle.ready(passes)).toEqual({ ok: false, reason: Phase.Starting });
    lifecycle.enter(Phase.Connecting);
    expect(await lifecycle.ready(passes)).toEqual({ ok: false, reason: Phase.Connecting });
    const ended = lifecycle.run(worker);
    expect(await lifecycle.ready(passes)).toEqual({ ok: true });
    expect(await lifecycle.ready(() => Promise.reject(new Error('Temporal is away')))).toEqual({
      ok: false,
      reason: 'Temporal is away',
    });
    worker.drained();
    await ended;
  });

  it('drains at the first SIGTERM: no new work, not ready, still alive, no exit', async () => {
    const { lifecycle, worker, exits, send } = setUp();
    const ended = lifecycle.run(worker);
    send('SIGTERM');
    expect(worker.shutdowns).toBe(1);
    expect(await lifecycle.ready(passes)).toEqual({ ok: false, reason: Phase.Draining });
    expect(lifecycle.live()).toEqual({ ok: true });
    expect(exits).toEqual([]);
    worker.drained();
    await ended;
  });

  it('stops at once at the second signal, whichever the two are', () => {
    const { lifecycle, worker, exits, send } = setUp();
    void lifecycle.run(worker);
    send('SIGINT');
    send('SIGTERM');
    expect(worker.shutdowns).toBe(1);
    expect(exits).toEqual([143]);
    worker.drained();
  });

  it('ends a wait for Temporal by the first signal and starts no worker after it', async () => {
    const { lifecycle, worker, exits, send } = setUp();
    send('SIGTERM');
    expect(lifecycle.stopping.aborted).toBe(true);
    await lifecycle.run(worker);
    expect(worker.getState()).toBe('INITIALIZED');
    expect(exits).toEqual([]);
  });

  it('passes on what ended the worker, and is not alive then', async () => {
    const { lifecycle, worker } = setUp();
    const ended = lifecycle.run(worker);
    worker.fail(new Error('poll refused'));
    await expect(ended).rejects.toThrow('poll refused');
    expect(lifecycle.live()).toMatchObject({ ok: false });
  });
});
