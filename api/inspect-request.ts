import { z } from 'zod';
import { objectName } from './kubernetes-values.ts';
import { RetentionSchema } from './retention.ts';
import { absolutePath, DEFAULT_REPOSITORY, identityPart, identityUser } from './volume-request.ts';

/** The input of `inspectRepository`: `{}` tells what the repository holds; each source is a dry run of its retention. */
export const InspectRequestSchema = z.strictObject({
  repository: objectName(63).default(DEFAULT_REPOSITORY),
  sources: z
    .array(
      z.strictObject({
        identity: z.strictObject({ username: identityUser, hostname: identityPart, path: absolutePath }),
        retain: RetentionSchema.prefault({}),
        compression: z.string().default('zstd-fastest'),
      }),
    )
    .max(1_000, 'must have at most 1000 entries: ask in several runs')
    .default([]),
});

export type InspectRequest = z.input<typeof InspectRequestSchema>;
export type ResolvedInspect = Readonly<z.output<typeof InspectRequestSchema>>;

/** Validates and completes a request. Throws ZodError; `describeInvalid` turns that into one sentence. */
export const resolveInspect = (input: unknown): ResolvedInspect =>
  InspectRequestSchema.parse(input, { reportInput: true });
