import { FailureType } from '../../workflows/failures.ts';
import { redact, stripTerminalCodes } from '../kopia/redaction.ts';
import type { LogLanguage } from '../mover/log-reader.ts';

/** How much of what a check wrote is kept: lines, and characters of each. */
const LINES = 20;
const LINE_LENGTH = 300;

/** The last lines of a log, without colours, and without what looks like a secret: they stay in the history for good (pure). */
export function lastLines(log: string): string[] {
  return redact(stripTerminalCodes(log))
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-LINES)
    .map((line) => (line.length <= LINE_LENGTH ? line : `${line.slice(0, LINE_LENGTH - 1)}…`));
}

/** A check may say what it wants: its exit code alone decides. */
export const drillCheckLanguage: LogLanguage<string[]> = {
  result: () => undefined,
  atEnd: (log) => lastLines(log),
  decisive: () => undefined,
  classify: (log) => ({ type: FailureType.CheckFailed, message: lastLines(log).join(' | ') }),
};
