import { Annotation } from './metadata.ts';
import { limitName } from './names.ts';

/** What a snapshot holds, as its manifest says. */
export interface VolumeSize {
  readonly files: number;
  /** Of all files, without compression or deduplication. */
  readonly bytes: number;
}

/** A snapshot and its size. */
export interface SizedSnapshot extends VolumeSize {
  readonly id: string;
  /** RFC 3339. */
  readonly startTime: string;
}

/** Two snapshots of which the later one holds much less. */
export interface Shrink {
  readonly before: SizedSnapshot;
  readonly after: SizedSnapshot;
}

/** Why retention of a source is held: nothing of it is removed until a person approves. */
export interface Suspicion {
  /** RFC 3339: the start of the first snapshot that was that small. */
  readonly since: string;
  /** One sentence for a person, with the remedy. */
  readonly message: string;
  /** Left out where the repository is held and no longer shows why. */
  readonly shrink?: Shrink;
}

/** A source that keeps less than this share of its bytes or files has shrunk suddenly. */
export const SHRINK_RATIO = 0.5;
/** Below these a source is so small that a half of it comes and goes in daily use; only emptying it counts then. */
export const SHRINK_MIN_BYTES = 1024 * 1024;
export const SHRINK_MIN_FILES = 10;

/** Pure: whether a source lost so much between two whole snapshots that a mistake or an accident must be assumed. */
export function judgeShrink(before: VolumeSize, after: VolumeSize): 'Emptied' | 'Shrunk' | undefined {
  const emptied = (was: number, is: number): boolean => was > 0 && is === 0;
  if (emptied(before.files, after.files) || emptied(before.bytes, after.bytes)) return 'Emptied';
  const shrunk = (was: number, is: number, least: number): boolean => was >= least && is < was * SHRINK_RATIO;
  const fewer =
    shrunk(before.bytes, after.bytes, SHRINK_MIN_BYTES) || shrunk(before.files, after.files, SHRINK_MIN_FILES);
  return fewer ? 'Shrunk' : undefined;
}

/** Pure: why a source is held, in words. */
export function describeSuspicion(
  { namespace, claim }: { readonly namespace: string; readonly claim: string },
  since: string,
  shrink: Shrink | undefined,
): Suspicion {
  const what = shrink ? describeShrink(shrink) : 'the source was found much smaller than before';
  const remedy = `nothing is removed from the repository until \`stowage backup ${claim} -n ${namespace} --approve-shrink\` agrees`;
  return { since, message: `${what}; ${remedy}`, ...(shrink ? { shrink } : {}) };
}

function describeShrink({ before, after }: Shrink): string {
  const verb = judgeShrink(before, after) === 'Emptied' ? 'was emptied' : 'shrank';
  const size = ({ files, bytes }: VolumeSize): string => `${files} files, ${bytes} bytes`;
  return `the source ${verb} from ${size(before)} (snapshot ${before.id} of ${before.startTime}) to ${size(after)}`;
}

/** The annotation on a claim that says so, one for each source of it. */
export const suspicionAnnotation = (source: string): string => `${Annotation.suspiciousPrefix}${limitName(source)}`;

/** Pure: why the retention of a source is held, read from its claim; undefined when it is not. */
export function suspicionOf(
  claim: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } } | undefined,
  source: string,
): Suspicion | undefined {
  const text = claim?.metadata?.annotations?.[suspicionAnnotation(source)];
  if (!text) return undefined;
  try {
    const { since, message, shrink } = JSON.parse(text) as Partial<Suspicion>;
    if (typeof since === 'string' && typeof message === 'string') return { since, message, ...(shrink && { shrink }) };
  } catch {
    // Written by hand: it still says that somebody wants the source looked at.
  }
  return { since: '', message: text };
}
