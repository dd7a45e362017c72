import { z } from 'zod';
import { FailureType, failureRules } from '../../workflows/failures.ts';
import type { Comparison } from '../../workflows/restore/contract.ts';
import type { LogFailure, LogLanguage } from './log-reader.ts';

const count = z.number().int().min(0);
const deviation = z.object({ count, examples: z.array(z.string()) });

const Checked = z.object({
  stowageCheck: z.object({
    filesExpected: count,
    filesFound: count,
    directoriesExpected: count,
    directoriesFound: count,
    symlinksExpected: count,
    symlinksFound: count,
    bytesExpected: count,
    bytesFound: count,
    contentsCompared: count,
    mismatches: deviation,
    owners: deviation,
    modes: deviation,
    times: deviation,
  }),
});

const CheckFailed = z.object({
  stowageCheckError: z.object({ type: z.string(), message: z.string() }),
});

const MAX_QUOTE = 400;

/** What the program of the check says: one line of JSON, whichever way it ends. */
export const checkLanguage: LogLanguage<Comparison> = {
  result: (line) => Checked.safeParse(parse(line, 'stowageCheck"')).data?.stowageCheck,
  decisive: () => undefined,
  classify,
};

function classify(tail: string): LogFailure {
  const lines = tail.split('\n');
  for (const line of [...lines].reverse()) {
    const failed = CheckFailed.safeParse(parse(line, 'stowageCheckError')).data?.stowageCheckError;
    if (!failed) continue;
    const type = failed.type in failureRules ? (failed.type as FailureType) : FailureType.MoverFailed;
    return { type, message: failed.message };
  }
  const last = lines.findLast((line) => line.trim() !== '') ?? '';
  return { type: FailureType.MoverFailed, message: `the check ended without a verdict: ${last.slice(0, MAX_QUOTE)}` };
}

function parse(line: string, mark: string): unknown {
  if (!line.startsWith('{') || !line.includes(mark)) return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
