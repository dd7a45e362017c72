import { z } from 'zod';
import { parseVerifyLine, type VerifyReport } from '../../api/verify-report.ts';
import type { VerificationMoverInput } from '../../workflows/care/contract.ts';
import { FailureType, failureRules } from '../../workflows/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { declaredClaims } from '../mover/declared-pod.ts';
import type { LogFailure, LogLanguage } from '../mover/log-reader.ts';
import { runMover } from '../mover/run-mover.ts';
import { START_DEADLINE_SECONDS } from './care-job.ts';
import { buildVerificationJob } from './verification-job.ts';

const Failed = z.object({ stowageVerifyError: z.object({ type: z.string(), message: z.string() }) });

const MAX_QUOTE = 400;

/** What the verifier says: one line of JSON, whichever way it ends. */
export const verificationLanguage: LogLanguage<VerifyReport> = {
  result: parseVerifyLine,
  decisive: () => undefined,
  classify,
};

function classify(tail: string): LogFailure {
  const lines = tail.split('\n').filter((line) => line.trim() !== '');
  for (const line of [...lines].reverse()) {
    const failed = Failed.safeParse(parse(line)).data?.stowageVerifyError;
    if (!failed) continue;
    const type = failed.type in failureRules ? (failed.type as FailureType) : FailureType.MoverFailed;
    return { type, message: failed.message };
  }
  const last = (lines.at(-1) ?? '').slice(0, MAX_QUOTE);
  return { type: FailureType.MoverFailed, message: `the verification ended without a verdict: ${last}` };
}

function parse(line: string): unknown {
  try {
    return line.startsWith('{') ? (JSON.parse(line) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

/** See CareMoverActivities. Damage is a result, not a failure. */
export async function runVerification(
  dependencies: ActivityDependencies,
  input: VerificationMoverInput,
): Promise<VerifyReport> {
  const { result } = await runMover(dependencies, {
    objects: { run: input.run, job: buildVerificationJob(input, dependencies.settings), claims: [], keptClaims: [] },
    language: verificationLanguage,
    claims: declaredClaims(input.plan.place, { moverVolumes: [] }),
    startDeadlineSeconds: START_DEADLINE_SECONDS,
  });
  return result;
}
