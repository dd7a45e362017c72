import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, 120_000);
afterAll(() => harness?.close());

/** A watch that lives until its run is terminated. */
async function watching(): Promise<void> {
  const beat = setInterval(() => Context.current().heartbeat(), 100);
  try {
    await Context.current().cancelled;
  } finally {
    clearInterval(beat);
  }
}

describe('the watch of declared objects', () => {
  it('is taken up again as often as its worker goes, and its history does not grow', { timeout: 60_000 }, async () => {
    let attempts = 0;
    let taken: () => void = () => undefined;
    const third = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const { events } = await harness.start(
      'watchCluster',
      undefined,
      {
        watchDeclaredObjects: async () => {
          attempts++;
          if (attempts < 3) throw ApplicationFailure.retryable('the worker drains', 'WorkerDraining');
          taken();
          await watching();
        },
      },
      async (handle) => {
        await third;
        await handle.terminate('the test is over');
      },
    );
    expect(attempts).toBe(3);
    // Started, one workflow task, the activity scheduled, terminated: attempts leave nothing.
    expect(events).toBeLessThan(10);
  });

  it('goes on in a new run should the watch ever end by itself', { timeout: 60_000 }, async () => {
    let ends = 0;
    const runs = new Set<string>();
    await harness.start(
      'watchCluster',
      undefined,
      {
        watchDeclaredObjects: async () => {
          runs.add(Context.current().info.workflowExecution?.runId ?? '');
          ends++;
          if (ends > 2) await watching();
        },
      },
      async (handle) => {
        await expect.poll(() => runs.size, { timeout: 20_000 }).toBe(3);
        await handle.terminate('the test is over');
      },
    );
    expect(runs.size).toBe(3);
  });
});
