import { z } from 'zod';

/** How many drills of a source are remembered: two years of monthly ones. */
export const DRILLS_KEPT = 24;

const duration = z.number().min(0);

/** What is known of one drill for good, also when Temporal has forgotten its run. */
const DrillRecordSchema = z.object({
  namespace: z.string(),
  claim: z.string(),
  source: z.string(),
  repository: z.string(),
  identity: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  outcome: z.enum(['Passed', 'Failed']),
  /** One sentence; a failure without its type. */
  message: z.string(),
  /** RFC 3339. */
  startedAt: z.string(),
  finishedAt: z.string(),
  durationSeconds: duration,
  snapshotId: z.string().optional(),
  /** Start of the snapshot, RFC 3339. */
  snapshotTime: z.string().optional(),
  /** Age of the data when the drill began: what would have been lost. */
  dataAgeSeconds: duration.optional(),
  /** From the beginning until the restored data was there and had been compared. */
  restoreSeconds: duration.optional(),
  files: z.number().optional(),
  bytes: z.number().optional(),
  /** While the mover restored. */
  bytesPerSecond: z.number().optional(),
  /** Files whose whole content was compared with the repository's. */
  contentsCompared: z.number().optional(),
  check: z.object({ image: z.string(), seconds: duration, log: z.array(z.string()) }).optional(),
  failure: z.object({ type: z.string(), message: z.string() }).optional(),
});
export type DrillRecord = Readonly<z.output<typeof DrillRecordSchema>>;

/** The key of a record among the others: sorts by time, is the same for a write that comes twice, and fits a ConfigMap. */
export const drillKey = ({ finishedAt, runId }: Pick<DrillRecord, 'finishedAt' | 'runId'>): string =>
  `${finishedAt.replaceAll(':', '-')}.${runId}`;

/** The records of a source, newest first (pure). What is none of ours is passed over: anybody may write there. */
export const readDrills = (data: Readonly<Record<string, string>> | undefined): DrillRecord[] =>
  Object.entries(data ?? {})
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .flatMap(([, text]) => parse(text) ?? []);

/** The keys that have to go so that no more than {@link DRILLS_KEPT} are there once `key` is written (pure). */
export const surplusDrills = (data: Readonly<Record<string, string>> | undefined, key: string): string[] =>
  [...new Set([...Object.keys(data ?? {}), key])].sort().slice(0, -DRILLS_KEPT);

function parse(text: string): DrillRecord | undefined {
  try {
    return DrillRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
