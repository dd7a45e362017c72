import { z } from 'zod';
import { accessModes, objectName, quantity } from './kubernetes-values.ts';
import { RetentionSchema } from './retention.ts';
import { type ResolvedNames, resolveNames, volumeFields } from './volume-request.ts';

export const CopyMethod = { Snapshot: 'Snapshot', Clone: 'Clone', Direct: 'Direct' } as const;
export type CopyMethod = (typeof CopyMethod)[keyof typeof CopyMethod];

/** The input of `backupVolume` as a person types it: `{"namespace":"demo","claim":"app-config"}` is enough. */
export const BackupRequestSchema = z.strictObject({
  ...volumeFields,
  copyMethod: z.enum(CopyMethod).default(CopyMethod.Snapshot),
  /** Class, size and modes of the point-in-time claim; the source claim's own where left out. */
  storageClassName: objectName().optional(),
  volumeSnapshotClassName: objectName().optional(),
  capacity: quantity.optional(),
  accessModes: accessModes.optional(),
  retain: RetentionSchema.prefault({}),
  compression: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be the name of a Kopia compressor such as zstd-fastest')
    .default('zstd-fastest'),
  parallelism: z.number().int().min(1).max(64).default(2),
  /** A ReplicationSource named `source` declares this backup: its status is kept there. */
  declared: z.boolean().default(false),
  /** The value of `spec.trigger.manual` that this run answers; becomes `status.lastManualSync`. */
  manual: z.string().optional(),
  /** Agrees that a source which suddenly shrank is meant to be that small. */
  approveShrink: z.boolean().default(false),
  /** Agrees that a tighter retention removes snapshots which exist already. */
  approveRetention: z.boolean().default(false),
  /** How long a mover may stay without a running container before the run gives up, seconds. */
  startDeadlineSeconds: z.number().int().min(15).max(86_400).default(600),
});

/** As typed. */
export type BackupRequest = z.input<typeof BackupRequestSchema>;

/** With every default and derived name filled in. */
export type ResolvedBackup = Readonly<Omit<z.output<typeof BackupRequestSchema>, keyof ResolvedNames> & ResolvedNames>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export function resolveBackup(input: unknown): ResolvedBackup {
  const request = BackupRequestSchema.parse(input, { reportInput: true });
  return { ...request, ...resolveNames(request) };
}
