import { z } from 'zod';
import { type DrillCheck, drillCheck } from './drill-check.ts';
import { drillDestinationName } from './names.ts';
import { type ResolvedRestore, resolveRestore, restoreFields } from './restore-request.ts';
import { resolveNames } from './volume-request.ts';

/** The input of `drillVolume`: `{"namespace":"demo","claim":"app-config"}` is enough. */
export const DrillRequestSchema = restoreFields
  .omit({
    // A drill makes no claim of the application's, no image, and no destination declares it.
    ...{ destination: true, declared: true, manual: true, deliver: true, labels: true },
    ...{ whenNoSnapshot: true, volumeSnapshotClassName: true },
  })
  .extend({
    /** Every n-th file's content is read back and compared; a drill compares all where a restore takes a sample. */
    contentSampleEvery: z.number().int().min(1).max(1_000_000).default(1),
    /** Run on the restored data once it has been compared. */
    check: drillCheck.optional(),
  });

export type DrillRequest = z.input<typeof DrillRequestSchema>;

export interface ResolvedDrill {
  /** The restore that is rehearsed, under names that no real restore has. */
  readonly restore: ResolvedRestore;
  readonly check?: DrillCheck;
}

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export function resolveDrill(input: unknown): ResolvedDrill {
  const { check, ...volume } = DrillRequestSchema.parse(input, { reportInput: true });
  const { source } = resolveNames(volume);
  const restore = resolveRestore({ ...volume, destination: drillDestinationName(source) });
  return { restore, ...(check ? { check } : {}) };
}
