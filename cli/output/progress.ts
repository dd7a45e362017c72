import type { MoverProgress, PhaseTiming } from '../../workflows/progress.ts';
import type { RunView, StepView } from '../run-view.ts';
import { bytes, duration } from './format.ts';
import type { Colors } from './output.ts';

/** Without a terminal a mover's line comes again when it got this much further, percent. */
const PERCENT_STEP = 10;

/** What was said so far, so that nothing is said twice. */
export interface ProgressSaid {
  readonly phases: number;
  readonly moverPercent: number;
  /** Lines that hold until they change: what is waited for, which attempt. */
  readonly remarks: ReadonlySet<string>;
}

/** What is told of a run, line by line. */
export interface ToldView extends Pick<RunView, 'phases' | 'steps'> {
  /** Nobody answered for a while. */
  readonly withoutWorker?: boolean;
}

export const NOTHING_SAID: ProgressSaid = { phases: 0, moverPercent: -1, remarks: new Set() };

/** The lines that a new look at a run adds, and what has been said then (pure). */
export function progressLines(
  colors: Colors,
  view: ToldView,
  said: ProgressSaid,
  options: { readonly movers: boolean },
): { lines: string[]; said: ProgressSaid } {
  const done = view.phases.slice(said.phases).map((phase) => phaseLine(colors, phase));
  const silence = view.withoutWorker ? ['no worker answers on task queue control: is it running?'] : [];
  const remarks = [...silence, ...view.steps.flatMap(remarksOf)];
  const fresh = remarks.filter((remark) => !said.remarks.has(remark)).map((remark) => colors.yellow(`  ${remark}`));
  const mover = options.movers ? view.steps.find((step) => step.mover?.state === 'Running')?.mover : undefined;
  const percent = mover ? Math.floor((mover.percent ?? 0) / PERCENT_STEP) * PERCENT_STEP : said.moverPercent;
  const further = mover && percent > said.moverPercent ? [`  ${moverText(mover)}`] : [];
  return {
    lines: [...done, ...fresh, ...further],
    said: {
      phases: Math.max(said.phases, view.phases.length),
      moverPercent: percent,
      remarks: new Set([...said.remarks, ...remarks]),
    },
  };
}

/** One line about now, for a terminal (pure). */
export function liveLine(view: RunView, now: Date): string {
  const elapsed = duration(now.getTime() - view.startTime.getTime());
  const mover = view.steps.find((step) => step.mover)?.mover;
  const waiting = view.answered ? '' : ', waiting for a worker on task queue control';
  const what = mover ? `: ${moverText(mover)}` : waiting;
  return `  … ${view.phase ?? 'Starting'} (${elapsed})${what}`;
}

const phaseLine = (colors: Colors, { phase, milliseconds }: PhaseTiming): string =>
  `${colors.green('✓')} ${phase.padEnd(16)} ${duration(milliseconds)}`;

/** What a mover does: `45 %, 1.2 GB of 2.7 GB, 130 MB uploaded, 35 MB/s, 40 s left` (pure). */
export function moverText(mover: MoverProgress): string {
  if (mover.state === 'Waiting') return `mover waits: ${mover.waitingFor ?? 'container not started yet'}`;
  if (mover.state === 'Ended') return 'mover ended';
  const parts = [
    mover.percent === undefined ? undefined : `${Math.floor(mover.percent)} %`,
    mover.bytesDone === undefined
      ? undefined
      : bytes(mover.bytesDone) + (mover.bytesTotal === undefined ? '' : ` of ${bytes(mover.bytesTotal)}`),
    mover.bytesUploaded === undefined ? undefined : `${bytes(mover.bytesUploaded)} uploaded`,
    mover.bytesPerSecond === undefined ? undefined : `${bytes(Math.round(mover.bytesPerSecond))}/s`,
    mover.secondsLeft === undefined ? undefined : `${duration(Math.round(mover.secondsLeft) * 1000)} left`,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : 'mover runs';
}

function remarksOf({ activity, attempt, lastFailure, mover }: StepView): string[] {
  const waits = mover?.state === 'Waiting' && mover.waitingFor ? [`${activity}: ${moverText(mover)}`] : [];
  if (attempt <= 1 || !lastFailure) return waits;
  const reason = lastFailure.type ? `${lastFailure.type}: ${lastFailure.message}` : lastFailure.message;
  return [...waits, `${activity}: attempt ${attempt} after ${reason}`];
}
