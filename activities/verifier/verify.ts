import type { VerifyReport } from '../../api/verify-report.ts';
import { FailureType } from '../../workflows/failures.ts';
import type { SnapshotTree } from '../checker/snapshot-tree.ts';
import { everySnapshotArguments } from '../kopia/arguments.ts';
import { classifyKopiaError } from '../kopia/errors.ts';
import { maintenanceInfoArguments } from '../kopia/maintenance-arguments.ts';
import { type ListedSnapshot, parseSnapshotList } from '../kopia/output.ts';
import type { KopiaOutcome } from '../kopia/process.ts';
import {
  type ContentRange,
  contentStatsArguments,
  contentVerifyArguments,
  snapshotVerifyArguments,
} from '../kopia/verify-arguments.ts';
import { parseContentStats, parseContentVerify, parseSnapshotVerify } from '../kopia/verify-output.ts';
import { PortError } from '../ports/port-error.ts';
import { findAffected } from './affected.ts';
import { Damage } from './damage.ts';
import { rangesOf, type VerifyPart } from './verify-parts.ts';

/** `quick`: all but the bytes of the data. `deep`: those of one part of it too. */
export type VerifyRequest = { readonly mode: 'quick' } | { readonly mode: 'deep'; readonly part: VerifyPart };

/** Kopia, with a cache that was empty when the verification began: with a used one it finds no flipped bit (faults.md M5). */
export interface VerifyTools {
  /** What is wrong with the files that Kopia needs before anything else, where they can be looked at. */
  layoutProblem(): Promise<string | undefined>;
  run(args: string[]): Promise<KopiaOutcome>;
  /** Opens the repository for reading folders. Throws PortError. */
  openTree(): Promise<{ readonly tree: SnapshotTree; stop(): Promise<void> }>;
}

/**
 * Looks for damage in a repository and for the snapshots that it touches. Nothing may delete from the repository
 * meanwhile; backups may run. Throws PortError when it could not look, for another reason than damage.
 */
export async function verifyRepository(request: VerifyRequest, tools: VerifyTools): Promise<VerifyReport> {
  const damage = new Damage();
  const problem = await tools.layoutProblem();
  if (problem !== undefined) return hopeless(request, problem);
  const listed = await unlessCorrupt(tools.run(everySnapshotArguments()), parseSnapshotList);
  const snapshots = listed.value ?? [];
  const maintenance = listed.value && (await unlessCorrupt(tools.run(maintenanceInfoArguments()), (text) => text));
  const walked = listed.value && (await lookAtSnapshots(tools, damage));
  const unreadable = listed.damaged ?? walked?.damaged;
  const contents = await lookAtContents(request, tools, damage);
  const reads = request.mode === 'deep' && contents.checked > 0 ? rangesOf(request.part) : [];
  const read = await sizeOf(reads, tools);
  const affected = damage.found && !unreadable ? await touched(tools, snapshots, damage) : [];
  return {
    mode: request.mode,
    part: request.mode === 'deep' ? request.part : { index: 0, of: 1 },
    ...((unreadable ?? contents.damaged) ? { unreadable: unreadable ?? contents.damaged } : {}),
    ...(maintenance?.damaged ? { maintenanceUnreadable: maintenance.damaged } : {}),
    snapshots: snapshots.length,
    objects: walked?.value ?? 0,
    contentsChecked: contents.checked,
    contentsRead: read.contents,
    bytesRead: read.bytes,
    ...damage.report(affected),
  };
}

/** The report on a repository in which nothing could be looked at. */
const hopeless = (request: VerifyRequest, unreadable: string): VerifyReport => ({
  mode: request.mode,
  part: request.mode === 'deep' ? request.part : { index: 0, of: 1 },
  unreadable,
  snapshots: 0,
  objects: 0,
  contentsChecked: 0,
  contentsRead: 0,
  bytesRead: 0,
  ...new Damage().report([]),
});

async function lookAtSnapshots(tools: VerifyTools, damage: Damage): Promise<Looked<number>> {
  const done = await tools.run(snapshotVerifyArguments());
  const verification = parseSnapshotVerify(done.stdout, done.stderr);
  if (!verification || (done.exitCode !== 0 && verification.damaged.length === 0)) return { damaged: corruption(done) };
  verification.damaged.forEach(refuseUnreachable);
  damage.addEntries(verification.damaged);
  return { value: verification.objects };
}

async function lookAtContents(
  request: VerifyRequest,
  tools: VerifyTools,
  damage: Damage,
): Promise<{ readonly checked: number; readonly damaged?: string }> {
  const ranges = request.mode === 'deep' ? rangesOf(request.part) : [];
  const readsAll = ranges.includes('all');
  // Where only a part is read, the packs of all others are looked at.
  let checked = 0;
  for (const range of readsAll ? ranges : (['all', ...ranges] satisfies ContentRange[])) {
    const read = readsAll || range !== 'all';
    const done = await tools.run(contentVerifyArguments({ range, read }));
    const { verified, damaged } = parseContentVerify(done.stderr);
    if (verified === undefined) return { checked, damaged: corruption(done) };
    damaged.forEach(refuseUnreachable);
    damage.addContents(damaged);
    if (range === 'all') checked = verified;
  }
  return { checked };
}

async function sizeOf(
  ranges: readonly ContentRange[],
  tools: VerifyTools,
): Promise<{ contents: number; bytes: number }> {
  const sum = { contents: 0, bytes: 0 };
  for (const range of ranges) {
    const done = await tools.run(contentStatsArguments(range));
    const size = done.exitCode === 0 ? parseContentStats(done.stdout) : undefined;
    if (!size) throw failure(done);
    sum.contents += size.contents;
    sum.bytes += size.bytes;
  }
  return sum;
}

async function touched(tools: VerifyTools, snapshots: readonly ListedSnapshot[], damage: Damage) {
  const { tree, stop } = await tools.openTree();
  try {
    return await findAffected(tree, snapshots, damage);
  } finally {
    await stop();
  }
}

/** Either what was looked for, or what Kopia said of the damage in its way. */
type Looked<T> =
  | { readonly value: T; readonly damaged?: undefined }
  | { readonly value?: undefined; readonly damaged: string };

async function unlessCorrupt<T>(running: Promise<KopiaOutcome>, parse: (stdout: string) => T): Promise<Looked<T>> {
  const done = await running;
  return done.exitCode === 0 ? { value: parse(done.stdout) } : { damaged: corruption(done) };
}

/** Kopia's words for damage. Throws PortError when it failed for another reason. */
function corruption(done: KopiaOutcome): string {
  const error = failure(done);
  if (error.type !== FailureType.RepositoryCorrupt) throw error;
  return error.message;
}

function failure(done: KopiaOutcome): PortError {
  const { type, message, retryable } = classifyKopiaError(done.stderr);
  return new PortError(type, message, retryable === undefined ? {} : { retryable });
}

/** A storage that went away in the middle is no damage of the repository. */
function refuseUnreachable({ reason }: { readonly reason: string }): void {
  const { type, message } = classifyKopiaError(reason);
  if (type === FailureType.RepositoryUnreachable) throw new PortError(type, message);
}
