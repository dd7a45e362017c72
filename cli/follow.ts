import { type Client, WorkflowFailedError } from '@temporalio/client';
import type { RunReference } from '../workflows/backup/contract.ts';
import type { PhaseTiming } from '../workflows/progress.ts';
import type { CliContext } from './context.ts';
import { liveLine, NOTHING_SAID, progressLines, type ToldView } from './output/progress.ts';
import { type RunFailure, runFailure } from './run-end.ts';
import { queryProgress, type RunView, viewRun } from './run-view.ts';
import { isUnavailable } from './temporal.ts';

/** Between two looks at a run, milliseconds: one description and one query each. */
const LOOK_INTERVAL = 1000;

/** Between two questions to a Temporal that does not answer, milliseconds. */
const RETRY_INTERVAL = 2000;

/** How long a run may be silent before it is said that no worker answers, milliseconds. */
const WORKER_PATIENCE = 5000;

export type RunEnd =
  | { readonly kind: 'Completed'; readonly result: unknown }
  | { readonly kind: 'Failed'; readonly failure: RunFailure }
  /** Ctrl-C: the run goes on. */
  | { readonly kind: 'Detached' };

/**
 * Follows a run to its end, telling its phases on the way. An outage of Temporal is waited out: the run survives it, so its
 * onlooker does too. Ctrl-C detaches.
 */
export async function followRun(context: CliContext, run: RunReference): Promise<RunEnd> {
  const client = await context.temporal();
  const stop = new AbortController();
  const tell = createTeller(context);
  const detached = new Promise<RunEnd>((resolve) => {
    const release = context.onInterrupt(() => resolve({ kind: 'Detached' }));
    stop.signal.addEventListener('abort', release, { once: true });
  });
  const since = context.now().getTime();
  const looking = keepLooking(client, run, stop.signal, (view) => {
    const withoutWorker = view.open && !view.answered && context.now().getTime() - since > WORKER_PATIENCE;
    tell({ ...view, withoutWorker });
    if (view.open) context.output.live(liveLine(view, context.now()));
  });
  const ending = awaitEnd(context, client, run, stop.signal);
  // After a detach nobody listens any more, and closing the connection makes it fail.
  ending.catch(() => undefined);
  try {
    const end = await Promise.race([ending, detached]);
    stop.abort();
    await looking;
    // A quick run ends between two looks: its phases are told from its own last word.
    if (end.kind !== 'Detached') tell({ phases: await lastPhases(client, run, end), steps: [] });
    return end;
  } finally {
    stop.abort();
  }
}

function createTeller({ output }: CliContext): (view: ToldView) => void {
  let said = NOTHING_SAID;
  return (view) => {
    const told = progressLines(output.colors, view, said, { movers: !output.isLive });
    said = told.said;
    for (const line of told.lines) output.note(line);
  };
}

async function awaitEnd(
  { output }: CliContext,
  client: Client,
  run: RunReference,
  signal: AbortSignal,
): Promise<RunEnd> {
  let told = false;
  for (;;) {
    try {
      const result: unknown = await client.workflow.getHandle(run.workflowId, run.runId).result();
      return { kind: 'Completed', result };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return { kind: 'Failed', failure: runFailure(error) };
      if (!isUnavailable(error) || signal.aborted) throw error;
      if (!told) output.note('Temporal does not answer; waiting for it (the run goes on by itself)');
      told = true;
      await pause(RETRY_INTERVAL, signal);
    }
  }
}

async function keepLooking(
  client: Client,
  run: RunReference,
  signal: AbortSignal,
  see: (view: RunView) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const view = await viewRun(client, run);
      if (!signal.aborted) see(view);
    } catch (error) {
      // How the run ends, and that Temporal is away, is told by the one who awaits the end.
      if (!isUnavailable(error)) return;
    }
    await pause(LOOK_INTERVAL, signal);
  }
}

async function lastPhases(client: Client, run: RunReference, end: RunEnd): Promise<readonly PhaseTiming[]> {
  if (end.kind === 'Completed') {
    const phases = (end.result as { phases?: unknown } | undefined)?.phases;
    if (Array.isArray(phases)) return phases as PhaseTiming[];
  }
  return (await queryProgress(client, run))?.phases ?? [];
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
