import { z } from 'zod';
import { accessModes, objectName, quantity } from './kubernetes-values.ts';
import { temporaryClaimName } from './names.ts';
import { type ResolvedNames, resolveNames, volumeFields } from './volume-request.ts';

const snapshotChoice = z
  .strictObject({
    /** A manifest id as `stowage snapshots` lists it. */
    id: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'must be a snapshot id: 32 hexadecimal digits')
      .optional(),
    /** The newest snapshot that was started at or before this time, RFC 3339. */
    asOf: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-23T12:00:00Z' }).optional(),
    /** How many of the newest to skip, after `asOf`. 0 is the newest. */
    previous: z.number().int().min(0).optional(),
  })
  .refine((choice) => choice.id === undefined || (choice.asOf === undefined && choice.previous === undefined), {
    message: 'id says exactly which snapshot: leave out asOf and previous',
    path: ['id'],
  });

/** What a restore says, without the rules between its fields. */
export const restoreFields = z.strictObject({
  ...volumeFields,
  snapshot: snapshotChoice.default({}),
  /** Size, class and modes of the new claim; what the backup recorded with the snapshot where left out. */
  capacity: quantity.optional(),
  storageClassName: objectName().optional(),
  accessModes: accessModes.optional(),
  /** Class of the VolumeSnapshot that `deliver: Image` makes; the cluster's default where left out. */
  volumeSnapshotClassName: objectName().optional(),
  /** Labels for the new claim, so that what applies it from git later finds it as it would have made it. */
  labels: z.record(z.string(), z.string()).default({}),
  /** A ReplicationDestination named `destination` declares this restore: its status is kept there. */
  declared: z.boolean().default(false),
  /** The value of `spec.trigger.manual` that this run answers; becomes `status.lastManualSync`. */
  manual: z.string().optional(),
  /**
   * `Claim`: the volume becomes the claim. `Image`: a VolumeSnapshot of it becomes `status.latestImage` of the declared
   * destination, and no claim is made; `claim` then only names the run (the watch takes the name of the staging claim).
   */
  deliver: z.enum(['Claim', 'Image']).default('Claim'),
  /** What to do when a readable repository holds nothing under this identity: fail, or make an empty claim (first deployment). */
  whenNoSnapshot: z.enum(['Fail', 'Empty']).default('Fail'),
  /**
   * Of a declared restore that may start empty: identities of other declared sources that look like this one. Any other one
   * in the repository that does is taken for a former name of it, and nothing starts empty.
   */
  neighbours: z.array(z.string()).default([]),
  /** Every n-th file's content is read back and compared; 1 compares all. */
  contentSampleEvery: z.number().int().min(1).max(1_000_000).default(10),
  startDeadlineSeconds: z.number().int().min(15).max(86_400).default(600),
});

/** The input of `restoreVolume` as a person types it: `{"namespace":"demo","claim":"app-config"}` is enough. */
export const RestoreRequestSchema = restoreFields.refine(({ deliver, declared }) => deliver !== 'Image' || declared, {
  message: 'an image is recorded on its ReplicationDestination: it must be declared',
  path: ['deliver'],
});

export type RestoreRequest = z.input<typeof RestoreRequestSchema>;
export type SnapshotChoice = z.output<typeof snapshotChoice>;
export type ResolvedRestore = Readonly<
  Omit<z.output<typeof RestoreRequestSchema>, keyof ResolvedNames> & ResolvedNames
>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export function resolveRestore(input: unknown): ResolvedRestore {
  const request = RestoreRequestSchema.parse(input, { reportInput: true });
  return { ...request, ...resolveNames(request) };
}

/** Pure: a declared restore into the destination's own claim (copy method Direct): the claim is its image as well. */
export const isOwnImageClaim = ({ declared, deliver, destination, claim }: ResolvedRestore): boolean =>
  declared && deliver === 'Claim' && claim === temporaryClaimName(destination);
