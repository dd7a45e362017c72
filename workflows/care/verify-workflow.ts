import { resolveVerification, type VerificationRequest } from '../../api/care-request.ts';
import { CareTask } from '../../api/kopia-repository.ts';
import type { VerificationRound } from '../../api/repository-status.ts';
import { isWhole, type VerifyReport } from '../../api/verify-report.ts';
import { FailureType } from '../failures.ts';
import { failRun, parseInput } from '../run-failure.ts';
import { CareFinding, type CareRun, runCare } from './care-run.ts';
import { CarePhase, type VerificationResult } from './contract.ts';

/** Nothing may delete while it reads, so it waits for maintenance, and maintenance for it, seconds. */
const LOCK_PATIENCE = { Quick: 3600, Deep: 6 * 3600 } as const;

const YIELD_PATIENCE = { Quick: 300, Deep: 3600 } as const;

/** How many identities a message names. */
const NAMED = 5;

/**
 * Proves that a repository can be read: everything but the bytes of the data (quick), or one part of them too (deep). Damage
 * ends it as RepositoryCorrupt, recorded with the applications and snapshots that it touches.
 */
export async function verifyRepository(input: VerificationRequest): Promise<VerificationResult> {
  const { repository, mode, parts } = parseInput(resolveVerification, input);
  const options = {
    repository,
    task: mode === 'Deep' ? CareTask.deepVerification : CareTask.quickVerification,
    what: `${mode.toLowerCase()} verification of ${repository}`,
    lockPatience: LOCK_PATIENCE[mode],
    yieldPatience: YIELD_PATIENCE[mode],
  };
  return await runCare(options, async (run) => {
    const { step, steps, tracker, plan } = run;
    const part = mode === 'Deep' ? { index: nextPart(plan.round, parts), of: parts } : { index: 0, of: 1 };
    const report = await tracker.phase(CarePhase.Mover, () => steps.runVerification({ ...step, plan, mode, part }));
    tellOf(run, report);
    const round = mode === 'Deep' ? { round: roundAfter(plan.round, part, new Date().toISOString()) } : {};
    const verified = { report, ...round };
    const message = describe(report);
    if (!isWhole(report)) throw new CareFinding(failRun(FailureType.RepositoryCorrupt, message), { message, verified });
    const known = { repository, expectedUniqueId: plan.repositoryUniqueId };
    return { message, verified, content: await tracker.phase(CarePhase.Measure, () => steps.measureContent(known)) };
  });
}

/** A round of another number of parts begins anew. */
const nextPart = (round: VerificationRound | undefined, parts: number): number =>
  round?.parts === parts ? round.nextPart % parts : 0;

function roundAfter(
  before: VerificationRound | undefined,
  { index, of }: { readonly index: number; readonly of: number },
  now: string,
): VerificationRound {
  const same = before?.parts === of ? before : undefined;
  const roundStartTime = index === 0 ? now : same?.roundStartTime;
  const allReadTime = index === of - 1 ? now : before?.allReadTime;
  return {
    parts: of,
    nextPart: (index + 1) % of,
    ...(roundStartTime ? { roundStartTime } : {}),
    ...(allReadTime ? { allReadTime } : {}),
  };
}

function tellOf({ tracker }: CareRun, report: VerifyReport): void {
  tracker.note('snapshots', report.snapshots);
  tracker.note('contents checked', report.contentsChecked);
  if (report.mode === 'deep') tracker.note('bytes read', report.bytesRead);
  for (const { identity, id, paths } of report.affected.slice(0, NAMED))
    tracker.note(`damaged in ${identity}`, `snapshot ${id}: ${paths.join(', ')}`);
}

/** One sentence. */
function describe(report: VerifyReport): string {
  const share = report.part.of === 1 ? '' : ` of part ${report.part.index + 1} of ${report.part.of}`;
  const looked =
    report.mode === 'quick'
      ? `${report.snapshots} snapshots, ${report.contentsChecked} contents there`
      : `${report.snapshots} snapshots, ${report.contentsRead} contents${share} read (${report.bytesRead} bytes)`;
  if (isWhole(report)) return `whole: ${looked}`;
  if (report.unreadable !== undefined) return `the repository can't be read: ${report.unreadable}`;
  if (report.maintenanceUnreadable !== undefined)
    return `its record of maintenance can't be read: ${report.maintenanceUnreadable}`;
  const names = report.affectedIdentities.slice(0, NAMED).join(', ');
  const more = report.affectedIdentities.length > NAMED ? ' and others' : '';
  const touches =
    report.affectedSnapshots === 0 ? 'no snapshot' : `${report.affectedSnapshots} snapshots of ${names}${more}`;
  const blobs = report.packs.map(({ blob, kind }) => `${blob} (${kind})`).slice(0, NAMED);
  return `${report.damagedPacks} damaged packs touch ${touches}: ${blobs.join(', ')}`;
}
