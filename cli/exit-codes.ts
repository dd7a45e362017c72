import { FailureType, failureRules } from '../workflows/failures.ts';

/** What `stowage` ends with. They are API: scripts rely on them. Failure types have their own codes, 10 and up. */
export const ExitCode = {
  Done: 0,
  /** Something failed that has no failure type. */
  Failed: 1,
  /** The command line, the environment or a file is wrong; nothing was started. */
  Usage: 2,
  /** `plan` and `schedules plan` found changes to make; `adopt` and `release` changed nothing, because nobody said so yet. */
  Differences: 3,
  /** `coverage` found a claim that is not protected or late, `drills` one whose last drill failed or is overdue. */
  Unprotected: 4,
  /** Ctrl-C: the run goes on without an onlooker (128 + SIGINT, as shells count). */
  Detached: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code of a run that ended with this failure type; 1 for one that is not known. */
export const exitCodeOf = (type: string | undefined): number => failureRule(type)?.exitCode ?? ExitCode.Failed;

/** What to do about a failure type; undefined for one that is not known. */
export const remedyOf = (type: string | undefined): string | undefined => failureRule(type)?.remedy;

const failureRule = (type: string | undefined) =>
  type !== undefined && type in FailureType ? failureRules[type as FailureType] : undefined;

/** Codes beside those of failure types. */
const FINDINGS = {
  differences: '    3  plan: there are changes to make',
  untold: '    3  nothing was changed: there is something to do, and nobody said --yes',
  unprotected: '    4  a claim is not protected, or its last good backup is late',
  undrilled: '    4  the last drill of an application failed, or is overdue',
} as const;
type Finding = keyof typeof FINDINGS | 'detach';

/** For the end of a command's `--help`; the types are those that are most likely there. */
export function exitCodeHelp(types: readonly FailureType[], also: readonly Finding[] = []): string {
  return [
    'Exit codes:',
    '    0  done',
    '    1  failed for a reason without a type',
    '    2  wrong command line, environment or file; nothing was started',
    ...also.flatMap((finding) => (finding === 'detach' ? [] : [FINDINGS[finding]])),
    ...types.map((type) => `${String(failureRules[type].exitCode).padStart(5)}  ${type}`).sort(),
    ...(also.includes('detach') ? ['  130  Ctrl-C: detached, the run goes on'] : []),
    'All failure types: `stowage --help`.',
  ].join('\n');
}

/** Every failure type with its exit code, in columns. */
export function allExitCodesHelp(): string {
  const entries = Object.values(FailureType).map(
    (type) => `${String(failureRules[type].exitCode).padStart(5)}  ${type.padEnd(22)}`,
  );
  const half = Math.ceil(entries.length / 2);
  const rows = entries.slice(0, half).map((entry, index) => `${entry}${entries[index + half] ?? ''}`.trimEnd());
  return [
    'Exit codes:',
    '    0  done',
    '    1  failed for a reason without a type',
    '    2  wrong command line, environment or file',
    '    3  `plan` found differences; `adopt` or `release` without --yes',
    '    4  `coverage` found a claim that is not protected, `drills` one that is not proven',
    '  130  Ctrl-C: detached, the run goes on',
    'and for a run that failed:',
    ...rows,
  ].join('\n');
}
